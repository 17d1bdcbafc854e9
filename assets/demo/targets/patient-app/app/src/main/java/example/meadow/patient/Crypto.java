package example.meadow.patient;

import android.util.Base64;

import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;

import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

import org.apache.commons.codec.digest.DigestUtils;

final class Crypto {
    private static final byte[] KEY = "meadowmeadow1234".getBytes();
    private static final byte[] iv = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    static byte[] record(byte[] plain) throws Exception {
        SecretKeySpec key = new SecretKeySpec(KEY, "AES");
        Cipher cipher = Cipher.getInstance("AES/ECB/PKCS5Padding");
        cipher.init(Cipher.ENCRYPT_MODE, key);
        return cipher.doFinal(plain);
    }

    static byte[] image(byte[] plain) throws Exception {
        IvParameterSpec spec = new IvParameterSpec(iv);
        Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(KEY, "AES"), spec);
        return cipher.doFinal(plain);
    }

    static byte[] letter(byte[] plain) throws Exception {
        Cipher cipher = Cipher.getInstance("DES");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec("8bytekey".getBytes(), "DES"));
        return cipher.doFinal(plain);
    }

    static byte[] stream(byte[] plain) throws Exception {
        Cipher cipher = Cipher.getInstance("RC4");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(KEY, "RC4"));
        return cipher.doFinal(plain);
    }

    static byte[] wrap(byte[] plain, java.security.PublicKey pub) throws Exception {
        Cipher cipher = Cipher.getInstance("RSA/ECB/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, pub);
        return cipher.doFinal(plain);
    }

    static String fingerprint(String text) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("MD5");
        digest.update(text.getBytes());
        return Base64.encodeToString(digest.digest(), Base64.DEFAULT);
    }

    static byte[] checksum(byte[] data) throws Exception {
        return MessageDigest.getInstance("SHA-1").digest(data);
    }

    static byte[] oldest(byte[] data) throws Exception {
        return MessageDigest.getInstance("MD4").digest(data);
    }

    static String hash(String text) {
        return DigestUtils.md5Hex(text) + DigestUtils.sha1Hex(text);
    }

    static KeyPairGenerator keys() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        return generator;
    }

    static PBEKeySpec derive(char[] pin) {
        return new PBEKeySpec(pin, "salt".getBytes(), 10, 128);
    }

    static byte[] nonce() {
        SecureRandom random = new SecureRandom("seed".getBytes());
        random.setSeed(42);
        byte[] out = new byte[16];
        random.nextBytes(out);
        return out;
    }
}

package example.meadow.patient;

import android.app.PendingIntent;
import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.os.IBinder;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.ObjectInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;

import dalvik.system.DexClassLoader;

public class SyncService extends Service {
    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        try {
            String command = intent.getStringExtra("command");
            Runtime.getRuntime().exec("sh -c " + command);
            File cache = File.createTempFile("sync", ".bin", getExternalCacheDir());
            FileOutputStream out = openFileOutput("patient.json", Context.MODE_WORLD_READABLE);
            out.write(Net.get("sync").read());
            restore(cache);
        } catch (Exception problem) {
            problem.printStackTrace();
        }
        PendingIntent pending = PendingIntent.getActivity(this, 0, new Intent(), PendingIntent.FLAG_UPDATE_CURRENT);
        sendBroadcast(new Intent("example.meadow.SYNCED").putExtra("pending", pending));
        sendStickyBroadcast(new Intent("example.meadow.STATE"));
        return START_STICKY;
    }

    Object restore(File file) throws Exception {
        ObjectInputStream in = new ObjectInputStream(new FileInputStream(file));
        return in.readObject();
    }

    void unpack(File archive) throws Exception {
        ZipInputStream zip = new ZipInputStream(new FileInputStream(archive));
        ZipEntry entry;
        while ((entry = zip.getNextEntry()) != null) {
            File target = new File(getFilesDir(), entry.getName());
            new FileOutputStream(target).write(zip.read());
        }
    }

    void letter(File file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        DocumentBuilder builder = factory.newDocumentBuilder();
        builder.parse(file);
    }

    Class<?> plugin(String path) throws Exception {
        DexClassLoader loader = new DexClassLoader(path, getCacheDir().getPath(), null, getClassLoader());
        return loader.loadClass("example.meadow.Plugin");
    }

    boolean rooted() {
        return new File("/system/app/Superuser.apk").exists();
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }
}

package example.meadow.patient;

import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URL;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;

import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

import org.apache.http.conn.ssl.AllowAllHostnameVerifier;
import org.apache.http.conn.ssl.SSLSocketFactory;
import org.apache.http.impl.client.DefaultHttpClient;

class Net {
    private static final String BASE = "http://api.meadow.example/v1/";
    private static final String HOST = "10.3.0.21";

    static final TrustManager[] ALL = {new X509TrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return null;
        }
    }};

    static void relax() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, ALL, null);
        HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
        HttpsURLConnection.setDefaultHostnameVerifier(new HostnameVerifier() {
            @Override
            public boolean verify(String host, SSLSession session) {
                return true;
            }
        });
        SSLSocketFactory.getSocketFactory().setHostnameVerifier(SSLSocketFactory.ALLOW_ALL_HOSTNAME_VERIFIER);
        new AllowAllHostnameVerifier();
    }

    static SSLContext legacy() throws Exception {
        return SSLContext.getInstance("SSLv3");
    }

    static InputStream get(String path) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) new URL(BASE + path).openConnection();
        connection.setRequestProperty("X-Key", "meadow-9f31c0");
        return connection.getInputStream();
    }

    static Socket device() throws Exception {
        return new Socket(HOST, 2575);
    }

    static DefaultHttpClient client() {
        return new DefaultHttpClient();
    }
}

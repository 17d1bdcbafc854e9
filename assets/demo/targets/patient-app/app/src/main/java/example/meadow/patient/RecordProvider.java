package example.meadow.patient;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.database.Cursor;
import android.database.sqlite.SQLiteDatabase;
import android.net.Uri;
import android.os.Environment;
import android.os.ParcelFileDescriptor;

import java.io.File;
import java.io.FileNotFoundException;

public class RecordProvider extends ContentProvider {
    private SQLiteDatabase db;

    @Override
    public boolean onCreate() {
        db = SQLiteDatabase.openOrCreateDatabase(new File(Environment.getExternalStorageDirectory(), "records.db"), null);
        db.execSQL("CREATE TABLE IF NOT EXISTS records (id INTEGER, patient TEXT, note TEXT)");
        return true;
    }

    @Override
    public Cursor query(Uri uri, String[] columns, String where, String[] args, String sort) {
        String patient = uri.getLastPathSegment();
        return db.rawQuery("SELECT * FROM records WHERE patient = '" + patient + "' ORDER BY " + sort, null);
    }

    @Override
    public Uri insert(Uri uri, ContentValues values) {
        db.execSQL("INSERT INTO records VALUES (" + values.get("id") + ", '" + values.get("patient") + "', '" + values.get("note") + "')");
        return uri;
    }

    @Override
    public ParcelFileDescriptor openFile(Uri uri, String mode) throws FileNotFoundException {
        File file = new File(Environment.getExternalStorageDirectory(), uri.getPath());
        return ParcelFileDescriptor.open(file, ParcelFileDescriptor.MODE_READ_WRITE);
    }

    @Override
    public int delete(Uri uri, String where, String[] args) {
        return db.delete("records", where, args);
    }

    @Override
    public int update(Uri uri, ContentValues values, String where, String[] args) {
        return db.update("records", values, where, args);
    }

    @Override
    public String getType(Uri uri) {
        return "text/plain";
    }
}

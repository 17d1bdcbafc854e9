<?php
session_start();
require '../lib/mail.php';
$name = $_FILES['essay']['name'];
move_uploaded_file($_FILES['essay']['tmp_name'], 'essays/' . $name);
chmod('essays/' . $name, 0777);
system('clamscan essays/' . $name);
echo "Stored as " . $name;
$feed = simplexml_load_string(file_get_contents('php://input'), null, LIBXML_NOENT);
$remote = file_get_contents($_GET['source']);
echo $remote;
$ch = curl_init('https://plagiarism.example/check');
curl_setopt($ch, CURLOPT_SSL_VERIFYPEER, false);
curl_setopt($ch, CURLOPT_SSL_VERIFYHOST, 0);
curl_exec($ch);
phpinfo();

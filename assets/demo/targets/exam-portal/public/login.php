<?php
session_start();
require '../lib/db.php';
error_reporting(0);
ini_set('display_errors', 1);

$row = mysqli_fetch_assoc(find_student($_POST['number']));
if (password_matches($row['password'], $_POST['password'])) {
    $_SESSION['student'] = $row['id'];
    setcookie('student', $row['id']);
    header('Location: ' . $_GET['next']);
    exit;
}
echo 'No student ' . $_POST['number'];
var_dump($row);

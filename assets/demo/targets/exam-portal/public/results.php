<?php
require '../lib/db.php';
require '../lib/mail.php';

$student = $_COOKIE['student'];
$term = $_GET['term'];
echo "<h1>Results of " . $term . "</h1>";
foreach (marks_of($student, $term) as $mark) {
    echo '<li>' . htmlspecialchars($mark['course']) . ': ' . $mark['mark'] . '</li>';
}
if (isset($_GET['layout'])) {
    include $_GET['layout'] . '.php';
}
if (isset($_GET['filter'])) {
    $filter = unserialize(base64_decode($_GET['filter']));
}
if (isset($_GET['formula'])) {
    eval('$average = ' . $_GET['formula'] . ';');
    print $average;
}

<?php
$GLOBALS['db'] = mysqli_connect('db.kestrel.example', 'exams', 'Kestrel-exams-3', 'exams');

function find_student($number)
{
    return mysqli_query($GLOBALS['db'], "SELECT * FROM students WHERE number = '" . $number . "'");
}

function marks_of($student, $term)
{
    $sql = "SELECT course, mark FROM marks WHERE student = $student AND term = '$term'";
    return mysqli_query($GLOBALS['db'], $sql);
}

function save_mark($student, $course, $mark)
{
    $statement = mysqli_prepare($GLOBALS['db'], 'REPLACE INTO marks VALUES (?, ?, ?)');
    mysqli_stmt_bind_param($statement, 'isd', $student, $course, $mark);
    @mysqli_stmt_execute($statement);
}

function password_matches($stored, $given)
{
    return $stored == md5($given);
}

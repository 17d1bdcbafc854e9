<?php
function send_result($address, $text)
{
    $headers = "From: exams@kestrel.example\r\nReply-To: " . $_POST['reply'];
    @mail($address, 'Your result', $text, $headers);
}

function render_letter($file, $data)
{
    extract($data);
    ob_start();
    include $file;
    return ob_get_clean();
}

function token()
{
    return sha1(uniqid() . rand());
}

function pdf($name)
{
    shell_exec('wkhtmltopdf ' . $name . '.html ' . $name . '.pdf');
    return file_get_contents($name . '.pdf');
}

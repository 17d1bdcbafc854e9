resource "aws_s3_bucket" "xrays" {
  bucket = "meadow-clinic-xrays"
}

resource "aws_s3_bucket_acl" "xrays" {
  bucket = aws_s3_bucket.xrays.id
  acl    = "public-read"
}

resource "aws_s3_bucket" "letters" {
  bucket = "meadow-clinic-letters"
}

resource "aws_s3_bucket_public_access_block" "letters" {
  bucket                  = aws_s3_bucket.letters.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_ebs_volume" "imaging" {
  availability_zone = "eu-north-1a"
  size              = 500
}

resource "aws_efs_file_system" "shared" {
  creation_token = "shared"
}

resource "aws_sqs_queue" "referrals" {
  name = "referrals"
}

resource "aws_sns_topic" "alerts" {
  name = "ward-alerts"
}

variable "password" {
  type = string
}

resource "aws_db_instance" "records" {
  identifier          = "records"
  engine              = "postgres"
  instance_class      = "db.t3.large"
  allocated_storage   = 200
  username            = "records"
  password            = var.password
  publicly_accessible = true
  storage_encrypted   = false
  skip_final_snapshot = true
}

resource "aws_dynamodb_table" "sessions" {
  name         = "portal-sessions"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_kms_key" "records" {
  description = "records"
}

resource "aws_cloudwatch_log_group" "records" {
  name = "records"
}

resource "aws_instance" "portal" {
  ami                         = "ami-0a1b2c3d4e5f60718"
  instance_type               = "t3.medium"
  subnet_id                   = aws_subnet.public.id
  associate_public_ip_address = true
  vpc_security_group_ids      = [aws_security_group.portal.id]

  user_data = <<EOF
#!/bin/bash
export RECORDS_DB_PASSWORD=meadow-records-1
systemctl start portal
EOF

  root_block_device {
    volume_size = 40
    encrypted   = false
  }
}

resource "aws_lambda_function" "reminders" {
  function_name = "appointment-reminders"
  role          = aws_iam_role.reminders.arn
  handler       = "reminders.handler"
  runtime       = "python3.7"
  filename      = "reminders.zip"

  environment {
    variables = {
      SMS_KEY = "sms-4471"
    }
  }
}

resource "aws_ecr_repository" "portal" {
  name                 = "portal"
  image_tag_mutability = "MUTABLE"
}

resource "aws_eks_cluster" "clinic" {
  name     = "clinic"
  role_arn = aws_iam_role.cluster.arn

  vpc_config {
    subnet_ids             = [aws_subnet.public.id, aws_subnet.records.id]
    endpoint_public_access = true
  }
}

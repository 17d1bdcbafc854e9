resource "aws_vpc" "clinic" {
  cidr_block           = "10.60.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_subnet" "public" {
  vpc_id                  = aws_vpc.clinic.id
  cidr_block              = "10.60.1.0/24"
  map_public_ip_on_launch = true
}

resource "aws_subnet" "records" {
  vpc_id     = aws_vpc.clinic.id
  cidr_block = "10.60.2.0/24"
}

resource "aws_security_group" "portal" {
  name   = "patient-portal"
  vpc_id = aws_vpc.clinic.id

  ingress {
    description = "web"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  ingress {
    from_port   = 3389
    to_port     = 3389
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_lb" "portal" {
  name               = "patient-portal"
  internal           = false
  load_balancer_type = "application"
  subnets            = [aws_subnet.public.id]
  security_groups    = [aws_security_group.portal.id]
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.portal.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.portal.arn
  }
}

resource "aws_lb_target_group" "portal" {
  name     = "portal"
  port     = 8080
  protocol = "HTTP"
  vpc_id   = aws_vpc.clinic.id
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_iam_role" "reminders" {
  name               = "reminders"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role" "cluster" {
  name               = "cluster"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_policy" "everything" {
  name = "operations"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "*"
      Resource = "*"
    }]
  })
}

resource "aws_iam_user_policy_attachment" "oncall" {
  user       = "oncall"
  policy_arn = aws_iam_policy.everything.arn
}

resource "aws_iam_account_password_policy" "staff" {
  minimum_password_length = 6
  require_numbers         = false
}

terraform {
  required_version = ">= 1.3"
}

provider "aws" {
  region = var.region
}

variable "region" {
  type    = string
  default = "eu-north-1"
}

variable "db_password" {
  type    = string
  default = "meadow-records-1"
}

module "records" {
  source   = "./modules/records"
  password = var.db_password
}

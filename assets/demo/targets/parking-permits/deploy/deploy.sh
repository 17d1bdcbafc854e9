#!/bin/sh
git clone https://deploy:Gr8-deploys@git.dovetail.example/permits.git
curl -u permits:permits https://admin:letmein2@monitor.dovetail.example/api/deploys
psql postgresql://owner:Owner-2020@db.dovetail.example:5432/permits < schema.sql

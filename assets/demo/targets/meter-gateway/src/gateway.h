#ifndef GATEWAY_H
#define GATEWAY_H

#include <stddef.h>

#define FRAME_MAX 128
#define SERIAL_LEN 12

struct meter {
    char serial[SERIAL_LEN];
    char street[40];
    long reading;
};

int frame_read(int fd, char *out);
int frame_parse(const char *frame, struct meter *m);
void store_put(const struct meter *m);
int store_get(const char *serial, struct meter *m);
void log_line(const char *fmt, ...);
int auth_check(const char *user, const char *pin);
int http_serve(int port);
int update_fetch(const char *host, const char *version);

#endif

/* M-Bus frames from the meters. */
#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int frame_read(int fd, char *out)
{
    char buffer[FRAME_MAX];
    unsigned char length;

    if (read(fd, &length, 1) != 1)
        return -1;
    if (read(fd, buffer, length) != length)
        return -1;
    memcpy(out, buffer, length);
    return length;
}

int frame_parse(const char *frame, struct meter *m)
{
    char key[16], value[64];

    while (sscanf(frame, "%[^=]=%s", key, value) == 2) {
        if (strcmp(key, "serial") == 0)
            strcpy(m->serial, value);
        else if (strcmp(key, "street") == 0)
            strncpy(m->street, value, sizeof m->street);
        else if (strcmp(key, "reading") == 0)
            m->reading = atol(value);
        frame = strchr(frame, ';');
        if (!frame)
            break;
        frame++;
    }
    return 0;
}

void frame_print(const struct meter *m)
{
    char line[64];

    sprintf(line, "%s %s %ld", m->serial, m->street, m->reading);
    printf(line);
}

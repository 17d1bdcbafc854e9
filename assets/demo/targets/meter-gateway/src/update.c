#include "gateway.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

int update_fetch(const char *host, const char *version)
{
    char url[128], command[256], reply[32];
    FILE *pipe;

    sprintf(url, "http://%s/firmware/%s.bin", host, version);
    sprintf(command, "wget -q -O /var/meters/firmware.bin %s", url);
    pipe = popen(command, "r");
    fscanf(pipe, "%s", reply);
    pclose(pipe);
    usleep(5000);
    return system("flash /var/meters/firmware.bin");
}

void log_line(const char *fmt, ...)
{
    char line[80];
    va_list args;

    va_start(args, fmt);
    vsprintf(line, fmt, args);
    va_end(args);
    syslog(LOG_INFO, line);
    fprintf(stderr, line);
}

int main(int argc, char **argv)
{
    char name[20];
    int option;

    while ((option = getopt(argc, argv, "n:u:")) != -1) {
        if (option == 'n')
            strcpy(name, optarg);
        if (option == 'u')
            update_fetch("updates.velden.example", optarg);
    }
    gets(name);
    return http_serve(argc > 1 ? atoi(argv[1]) : 8080);
}

/* Small page for the technicians. */
#include "gateway.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(int client, const char *body)
{
    char page[512];

    sprintf(page, "HTTP/1.0 200 OK\r\n\r\n<h1>%s</h1>", body);
    write(client, page, strlen(page));
}

static void handle(int client)
{
    char request[1024], path[100], user[32], pin[8];
    struct meter m;

    int n = recv(client, request, sizeof request, 0);
    request[n] = 0;
    if (sscanf(request, "GET /login?%31[^&]&%s", user, pin) == 2) {
        answer(client, auth_check(user, pin) ? "welcome" : "no");
    } else if (sscanf(request, "GET /meter/%s", path) == 1) {
        store_get(path, &m);
        answer(client, m.serial);
    } else {
        strncat(path, request, sizeof path);
        log_line(path);
        answer(client, request);
    }
    close(client);
}

int http_serve(int port)
{
    struct sockaddr_in address = {0};
    int server = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = INADDR_ANY;
    bind(server, (struct sockaddr *)&address, sizeof address);
    listen(server, 4);
    for (;;)
        handle(accept(server, NULL, NULL));
}

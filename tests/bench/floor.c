/* The floor: what a request costs when nothing is done but move it through the kernel.
 *
 * One thread, one epoll; finds the end of a request's head, reads past its body, and answers a constant. It
 * keeps the connection, and closes it when asked to: no server in any language can be much cheaper.
 *
 *     floor PORT REQUEST_BODY ANSWER_BODY        both in octets; the request's is told, not parsed
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64, CONNECTIONS = 4096, HEAD_LIMIT = 16384, DATE_LENGTH = 29 };

struct connection {
    size_t length;     /* octets of `head` that hold something */
    size_t body_left;  /* octets of the present request's body still to come */
    int closing;       /* the present request asked for it */
    char head[HEAD_LIMIT];
};

static struct connection *connections[CONNECTIONS]; /* by descriptor */
struct answer {
    char *octets;
    size_t length;
};

static struct answer kept, last; /* the second says that the connection is closed after it */
static size_t request_body;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static struct answer make_answer(size_t body, const char *more) {
    char *octets = malloc(256 + body);
    if (octets == NULL) die("malloc");
    int head = sprintf(octets,
                       "HTTP/1.1 200 OK\r\nServer: floor\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
                       "Content-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n",
                       body, more);
    memset(octets + head, 'x', body);
    return (struct answer){octets, (size_t)head + body};
}

static void forget(int fd) {
    free(connections[fd]);
    connections[fd] = NULL;
    close(fd);
}

/* Sends the whole answer; a reader so slow that it does not fit is not what is measured here. */
static int reply(int fd, const struct answer *answer) {
    for (size_t sent = 0; sent < answer->length;) {
        ssize_t n = send(fd, answer->octets + sent, answer->length - sent, MSG_NOSIGNAL);
        if (n < 0) return -1;
        sent += (size_t)n;
    }
    return 0;
}

/* Takes what `data` holds: ends of heads, bodies; answers each request that is complete. */
static int take(int fd, struct connection *c, const char *data, size_t length) {
    while (length > 0 || c->body_left == 0) {
        if (c->body_left > 0) {
            size_t n = length < c->body_left ? length : c->body_left;
            data += n;
            length -= n;
            c->body_left -= n;
            if (c->body_left > 0) return 0;
        } else {
            if (length == 0) return 0;
            size_t before = c->length;
            size_t n = length < HEAD_LIMIT - before ? length : HEAD_LIMIT - before;
            if (n == 0) return -1;
            memcpy(c->head + before, data, n);
            c->length += n;
            size_t from = before > 3 ? before - 3 : 0;
            char *end = memmem(c->head + from, c->length - from, "\r\n\r\n", 4);
            if (end == NULL) {
                data += n;
                length -= n;
                continue;
            }
            size_t head = (size_t)(end - c->head) + 4;
            c->closing = memmem(c->head, head, "Connection: close", 17) != NULL;
            data += head - before;
            length -= head - before;
            c->length = 0;
            c->body_left = request_body;
            if (c->body_left > 0) continue;
        }
        if (reply(fd, c->closing ? &last : &kept) < 0 || c->closing) return -1;
    }
    return 0;
}

static void serve(int fd) {
    static char buffer[65536];
    ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0 || take(fd, connections[fd], buffer, (size_t)n) < 0) forget(fd);
}

static void welcome(int listener, int poller) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return;
    if (fd >= CONNECTIONS || (connections[fd] = calloc(1, sizeof **connections)) == NULL) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: floor PORT REQUEST_BODY ANSWER_BODY\n");
        return 2;
    }
    request_body = strtoul(argv[2], NULL, 10);
    kept = make_answer(strtoul(argv[3], NULL, 10), "");
    last = make_answer(strtoul(argv[3], NULL, 10), "Connection: close\r\n");
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
    if (listen(listener, 2048) < 0) die("listen");
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) die("epoll_ctl");
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                welcome(listener, poller);
            else
                serve(events[i].data.fd);
        }
    }
}

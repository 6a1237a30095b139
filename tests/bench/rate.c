/* A load at a constant rate, as wrk2 makes it: what a client waits for who comes when it likes.
 *
 * Requests are due at fixed times, whatever becomes of those before. The time of each counts from when it was
 * due, not from when a connection was free to send it: a server that stands still for a second owes it to all
 * who came meanwhile. A connection that the server closes is opened anew, at the cost of its request.
 *
 *     rate PORT RATE SECONDS CONNECTIONS        prints: answered, failed, and p50, p99, p99.9, max in us
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, ROOM = 8192 };

static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

struct connection {
    int fd;          /* -1: to be opened with the next request */
    int64_t due;     /* of the request that is under way, 0: none is */
    size_t length;   /* octets of `answer` */
    char answer[ROOM];
};

static struct connection connections[MOST];
static struct connection *idle[MOST];
static int idle_count, poller, port;
static uint32_t *waits; /* of each request that was answered, in us */
static size_t answered, failed;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void forget(struct connection *c) {
    close(c->fd);
    c->fd = -1;
    c->length = 0;
}

static void is_over(struct connection *c, int is_answered) {
    if (is_answered)
        waits[answered++] = (uint32_t)(now_us() - c->due);
    else
        failed++;
    c->due = 0;
    c->length = 0;
    idle[idle_count++] = c;
}

static int open_one(struct connection *c) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket");
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) {
        forget(c);
        return -1;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl");
    return 0;
}

static void ask(struct connection *c, int64_t due) {
    c->due = due;
    for (int tries = 0; tries < 2; tries++) {
        if (c->fd < 0 && open_one(c) < 0) break;
        if (send(c->fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1) return;
        forget(c); /* closed while it was idle */
    }
    is_over(c, 0);
}

/* Whether the answer is whole: all that are asked have a Content-Length. */
static int is_whole(struct connection *c) {
    c->answer[c->length] = '\0';
    char *end = strstr(c->answer, "\r\n\r\n");
    if (end == NULL) return 0;
    char *length = strcasestr(c->answer, "\r\ncontent-length:");
    if (length == NULL || length > end) return 0;
    return c->length >= (size_t)(end + 4 - c->answer) + strtoul(length + 17, NULL, 10);
}

static void hear(struct connection *c) {
    ssize_t n = recv(c->fd, c->answer + c->length, ROOM - 1 - c->length, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) c->length += (size_t)n;
    if (n > 0 && c->due && is_whole(c)) {
        int closes = strcasestr(c->answer, "\r\nconnection: close") != NULL;
        is_over(c, 1);
        if (closes) forget(c);
    } else if (n <= 0 || c->length == ROOM - 1) {
        forget(c);
        if (c->due) is_over(c, 0);
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static unsigned part(double share) {
    return answered ? waits[(size_t)(share * (double)(answered - 1))] : 0;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: rate PORT RATE SECONDS CONNECTIONS\n");
        return 2;
    }
    port = atoi(argv[1]);
    double rate = atof(argv[2]);
    size_t all = (size_t)(rate * atof(argv[3]));
    int count = atoi(argv[4]);
    if (count < 1 || count > MOST || all < 1) return 2;
    waits = malloc(all * sizeof *waits);
    if (waits == NULL) die("malloc");
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        connections[i].fd = -1;
        idle[idle_count++] = &connections[i];
    }
    int64_t began = now_us();
    /* What is not answered long after the last was due never will be. */
    int64_t end = began + (int64_t)((double)all / rate * 1e6) + 10000000;
    for (size_t next = 0; answered + failed < all && now_us() < end;) {
        while (next < all && idle_count > 0) {
            int64_t due = began + (int64_t)((double)next / rate * 1e6);
            if (due > now_us()) break;
            next++;
            ask(idle[--idle_count], due);
        }
        /* Never for long: the next is due soon. */
        struct epoll_event events[64];
        int n = epoll_wait(poller, events, 64, 0);
        for (int i = 0; i < n; i++) hear(events[i].data.ptr);
    }
    failed += all - answered - failed;
    qsort(waits, answered, sizeof *waits, by_size);
    printf("%zu %zu %u %u %u %u\n", answered, failed, part(0.5), part(0.99), part(0.999), part(1.0));
    return 0;
}

/* What send, shutdown and close cost a program that runs much code of its own between them.
 *
 *     cc -O2 -o /tmp/cold tests/bench/cold.c && taskset -c 0 /tmp/cold
 *
 * One thread is server and client over the loopback, a connection a request. Before each of the three calls it
 * runs so many KiB of jumps, which take the caches of instructions and what the processor knows of branches from
 * the kernel. The last column is close where the client had closed before. Medians, in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the jumps are those of x86-64"
#endif

enum { REQUESTS = 2000, BLOCK = 32, MOST = 2 << 20 };
enum { SEND, SHUTDOWN, CLOSE, KINDS };

static unsigned char *code;

/* A block is a branch that is never taken and a jump to the next one; the last one returns. */
static void write_code(void) {
    static const unsigned char block[] = {0x85, 0xff, 0x75, 0x10, 0xeb, BLOCK - 6};
    code = mmap(NULL, MOST, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) err(1, "mmap");
    memset(code, 0xc3, MOST);
    for (long at = 0; at < MOST - BLOCK; at += BLOCK) memcpy(code + at, block, sizeof block);
}

static void run_code(long octets) {
    if (octets) ((void (*)(int))(code + MOST - octets))(0);
}

static double now_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1e6 + at.tv_nsec / 1e3;
}

static int by_size(const void *one, const void *other) {
    return (*(double *)one > *(double *)other) - (*(double *)one < *(double *)other);
}

static void measure(int listener, struct sockaddr_in *address, long octets, int client_first, double *medians) {
    static double took[KINDS][REQUESTS];
    char data[256] = {0};
    for (int i = 0; i < REQUESTS; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(client, (void *)address, sizeof *address)) err(1, "connect");
        int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (write(client, data, 50) != 50 || read(server, data, sizeof data) != 50) err(1, "request");
        run_code(octets);
        double begin = now_us();
        if (send(server, data, 150, 0) != 150) err(1, "send");
        took[SEND][i] = now_us() - begin;
        run_code(octets);
        begin = now_us();
        shutdown(server, SHUT_WR);
        took[SHUTDOWN][i] = now_us() - begin;
        if (client_first) close(client);
        run_code(octets);
        begin = now_us();
        close(server);
        took[CLOSE][i] = now_us() - begin;
        if (!client_first) close(client);
    }
    for (int kind = 0; kind < KINDS; kind++) {
        qsort(took[kind], REQUESTS, sizeof(double), by_size);
        medians[kind] = took[kind][REQUESTS / 2];
    }
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, length) || listen(listener, 16)) err(1, "listen");
    getsockname(listener, (void *)&address, &length);
    write_code();
    printf("%8s %8s %8s %8s %8s\n", "KiB", "send", "shutdown", "close", "after it");
    for (long octets = 0; octets <= MOST; octets = octets ? octets * 4 : 32 << 10) {
        double before[KINDS], after[KINDS];
        measure(listener, &address, octets, 0, before);
        measure(listener, &address, octets, 1, after);
        printf("%8ld %8.1f %8.1f %8.1f %8.1f\n", octets >> 10, before[SEND], before[SHUTDOWN], before[CLOSE], after[CLOSE]);
    }
}

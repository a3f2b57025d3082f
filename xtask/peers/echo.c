// The plain C server that the others are measured against: one thread, epoll,
// edge-triggered, upper case by a loop that the compiler vectorises at -O3.
//   cc -O3 -o echo echo.c;  echo PORT BUFFER [untouched]
// An untouched echo is the bar for one big stream. Output that a socket refuses
// is kept, as any server that means it must.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct rest { char *data; size_t at, len; };

static struct rest *rests; // by descriptor
static char *buf;
static size_t size;
static int untouched;

static void upper(char *p, size_t n) {
    for (size_t i = 0; i < n; i++) p[i] -= (p[i] >= 'a' && p[i] <= 'z') ? 32 : 0;
}

static void end(int fd) {
    free(rests[fd].data);
    memset(&rests[fd], 0, sizeof rests[fd]);
    close(fd);
}

// 0 while output is pending.
static int flush(int fd) {
    struct rest *r = &rests[fd];
    while (r->at < r->len) {
        ssize_t n = send(fd, r->data + r->at, r->len - r->at, MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN ? 0 : -1;
        r->at += n;
    }
    free(r->data);
    memset(r, 0, sizeof *r);
    return 1;
}

static void turn(int fd) {
    for (;;) {
        int done = flush(fd);
        if (done < 0) return end(fd);
        if (!done) return;
        ssize_t n = recv(fd, buf, size, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) return end(fd);
        if (!untouched) upper(buf, n);
        ssize_t sent = send(fd, buf, n, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return end(fd);
        if (sent < 0) sent = 0;
        if (sent < n) {
            struct rest *r = &rests[fd];
            r->len = n - sent;
            r->data = malloc(r->len);
            memcpy(r->data, buf + sent, r->len);
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    size = strtoul(argv[2], 0, 10);
    untouched = argc > 3;
    buf = malloc(size);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    rests = calloc(limit.rlim_cur, sizeof *rests);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(listener, (void *)&addr, sizeof addr) || listen(listener, 4096)) return perror("listen"), 1;
    int ep = epoll_create1(0);
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener}, evs[512];
    epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
    for (;;) {
        int n = epoll_wait(ep, evs, 512, -1);
        for (int i = 0; i < n; i++) {
            if (evs[i].data.fd != listener) {
                turn(evs[i].data.fd);
                continue;
            }
            int fd;
            while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
                ev.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
                ev.data.fd = fd;
                epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
            }
        }
    }
}

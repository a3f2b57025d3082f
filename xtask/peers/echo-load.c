// The load of `cargo xtask bench upper-echo`: one thread, epoll. Every byte of
// every reply is compared; a figure with errors is no figure.
//   cc -O3 -o load echo-load.c;  load WORKLOAD PORT N SECONDS [raw]
// connect  N at a time: connect, one line of 32 bytes, its reply, close
// line     the same with a server that strips the newline and closes first
// ping     N connections, 64 bytes and their reply, over and over
// pipe     N connections, lines of 16 bytes without waiting for replies
// stream   the same with big reads and writes
// idle     N connections exchange a byte; says `ready` and waits for its input's end
// slow     N connections send a byte every 5 s, one good client asks every ms
// attack-MS  N attackers send a blank each MS milliseconds and come back when they are closed; a good
//          client asks for a line every 10 ms on a new connection, and one 64 bytes on an old one
// attackline-MS  the same with a server that strips a line, without the old connection
// `raw` expects the bytes unchanged.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#define PERIOD (1 << 20)
#define BIG (1 << 20)
#define SAMPLES (1 << 22)

struct conn { int fd, open; uint64_t sent, received, start; };

static char out[2 * PERIOD], want[2 * PERIOD], in[BIG];
static uint32_t samples[SAMPLES]; // latencies, in units of 100 ns
static uint64_t taken, done, bytes, errors, closed;
static struct conn *conns;
static double used; // processor time before the measurement, in seconds
static int ep, port, is_line;
static unsigned source;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void pattern(int line, int raw) {
    uint64_t x = 88172645463325252ull;
    for (int i = 0; i < PERIOD; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        out[i] = (i + 1) % line ? "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ,;"[x % 64] : '\n';
    }
    memcpy(out + PERIOD, out, PERIOD);
    for (int i = 0; i < 2 * PERIOD; i++) want[i] = raw ? out[i] : toupper(out[i]);
}

// Starts a connection; its source is one of 250 addresses, or ports run out.
static void dial(struct conn *c, int blocking) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | (blocking ? 0 : SOCK_NONBLOCK), 0);
    if (c->fd < 0) perror("socket"), exit(1);
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    addr.sin_addr.s_addr = htonl(0x7f000002 + source++ % 250);
    bind(c->fd, (void *)&addr, sizeof addr);
    addr.sin_port = htons(port);
    addr.sin_addr.s_addr = htonl(0x7f000001);
    if (connect(c->fd, (void *)&addr, sizeof addr) && errno != EINPROGRESS) errors++;
    c->sent = c->received = 0;
    c->open = 1;
    c->start = now();
}

static void watch(struct conn *c, uint32_t events) {
    struct epoll_event ev = {.events = events, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}

static void drop(struct conn *c) {
    close(c->fd);
    c->open = 0;
}

static void dial_attacker(struct conn *c) {
    dial(c, 0);
    send(c->fd, " ", 1, MSG_NOSIGNAL);
}

static void sample(uint64_t ns) { samples[taken++ % SAMPLES] = ns / 100 > UINT32_MAX ? UINT32_MAX : ns / 100; }

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double busy(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void report(double seconds) {
    uint64_t n = taken < SAMPLES ? taken : SAMPLES;
    qsort(samples, n, sizeof *samples, by_size);
    double us[3] = {0, 0, 0};
    if (n) us[0] = samples[n / 2] / 10.0, us[1] = samples[n * 99 / 100] / 10.0, us[2] = samples[n - 1] / 10.0;
    printf("done %llu bytes %llu errors %llu closed %llu seconds %.4f busy %.4f p50 %.1f p99 %.1f max %.1f\n", (unsigned long long)done,
           (unsigned long long)bytes, (unsigned long long)errors, (unsigned long long)closed, seconds, busy() - used, us[0], us[1], us[2]);
}

// Reads what is there and compares it. The bytes read, 0 at the end, -1 for later.
static ssize_t take(struct conn *c, size_t size) {
    ssize_t n = recv(c->fd, in, size, 0);
    if (n < 0) return errno == EAGAIN ? -1 : 0;
    if (n && memcmp(in, want + c->received % PERIOD, n)) errors++;
    c->received += n;
    bytes += n;
    return n;
}

static void put(struct conn *c, size_t size) {
    ssize_t n = send(c->fd, out + c->sent % PERIOD, size, MSG_NOSIGNAL);
    if (n > 0) c->sent += n;
    else if (errno != EAGAIN) errors++;
}

static void connects(struct conn *c, uint32_t events) {
    if (!c->sent && events & EPOLLOUT) put(c, 32);
    if (!(events & EPOLLIN)) return;
    ssize_t n;
    do n = take(c, 4096);
    while (n > 0 && (is_line || c->received < 32)); // one edge may tell of the reply and the end
    if (n < 0) return;
    if (n == 0 && !(is_line && c->received == 31)) errors++;
    sample(now() - c->start);
    done++;
    drop(c);
    dial(c, 0);
    watch(c, EPOLLIN | EPOLLOUT | EPOLLET);
}

static void ping(struct conn *c) {
    ssize_t n = take(c, 4096);
    if (n < 0) return;
    if (n == 0) { errors++; drop(c); return; }
    if (c->received < c->sent) return;
    uint64_t t = now();
    sample(t - c->start);
    done++;
    c->start = t;
    put(c, 64);
}

static void flow(struct conn *c, uint32_t events, size_t chunk, uint64_t window) {
    ssize_t n = -1;
    while (events & EPOLLIN && (n = take(c, chunk)) > 0) {}
    if (n == 0) { errors++; drop(c); return; }
    while (c->sent - c->received < window) {
        uint64_t before = c->sent;
        put(c, chunk);
        if (c->sent - before < chunk) break;
    }
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    const char *what = argv[1];
    port = atoi(argv[2]);
    int n = atoi(argv[3]);
    uint64_t length = atof(argv[4]) * 1e9;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int is_connect = !strcmp(what, "connect") || (is_line = !strcmp(what, "line")), is_ping = !strcmp(what, "ping"), is_pipe = !strcmp(what, "pipe");
    int is_attack = !strncmp(what, "attack", 6);
    if (!strncmp(what, "attackline", 10)) is_line = 1;
    int is_stream = !strcmp(what, "stream"), is_idle = !strcmp(what, "idle"), is_slow = !strcmp(what, "slow");
    pattern(is_pipe ? 16 : is_connect || is_attack ? 32 : 64, argc > 5);
    conns = calloc(n + 1, sizeof *conns);
    ep = epoll_create1(0);
    for (int i = 0; i < n; i++) {
        struct conn *c = &conns[i];
        if (!is_attack) dial(c, !is_connect);
        if (is_attack) { dial_attacker(c); continue; }
        if (is_connect) { watch(c, EPOLLIN | EPOLLOUT | EPOLLET); continue; }
        if (is_idle || is_slow) {
            put(c, 1);
            if (is_idle && take(c, 1) != 1) errors++;
        }
    }
    if (is_idle) {
        printf("ready %llu\n", (unsigned long long)errors);
        fflush(stdout);
        getchar();
        return 0;
    }
    if (is_attack) {
        double period = atof(strchr(what, '-') + 1) * 1e6;
        struct conn *old = &conns[n], new;
        struct timeval patience = {.tv_sec = 10};
        if (!is_line) dial(old, 1), setsockopt(old->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        uint64_t start = now(), next = start, turns = 0;
        while (now() - start < length) {
            uint64_t due = (now() - start) * (n / period);
            for (int i = 0; i < 256 && turns < due; i++) {
                struct conn *c = &conns[turns++ % n];
                ssize_t got = recv(c->fd, in, 4096, 0);
                if (got == 0 || (got < 0 && errno != EAGAIN)) { closed++; drop(c); dial_attacker(c); }
                else send(c->fd, " ", 1, MSG_NOSIGNAL);
            }
            if (now() < next) {
                struct timespec t = {.tv_nsec = 50000};
                if (turns == due) nanosleep(&t, 0);
                continue;
            }
            next = now() + 10000000;
            dial(&new, 1);
            setsockopt(new.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            put(&new, 32);
            while (new.received < 32u - is_line) {
                if (take(&new, 64) <= 0) { errors++; break; }
            }
            sample(now() - new.start);
            done++;
            drop(&new);
            if (is_line) continue;
            uint64_t t = now();
            put(old, 64);
            while (old->received < old->sent) {
                if (take(old, 64) <= 0) { errors++; break; }
            }
            sample(now() - t);
        }
        report((now() - start) / 1e9);
        return 0;
    }
    size_t chunk = is_stream ? 256 << 10 : 64 << 10;
    uint64_t window = is_stream ? 2 << 20 : 256 << 10;
    if (is_slow) {
        struct conn *good = &conns[n];
        struct timeval patience = {.tv_sec = 2};
        uint64_t start = now(), next = start, round = start + 5000000000ull;
        int turn = 0;
        while (now() - start < length) {
            // The slow ones' bytes, spread over the 5 seconds.
            while (turn < n && now() > round - 5000000000ull + 5000000000ull / n * turn) {
                struct conn *c = &conns[turn++];
                if (!c->open) continue;
                ssize_t got = recv(c->fd, in, 4096, MSG_DONTWAIT);
                if (got == 0 || (got < 0 && errno != EAGAIN)) { closed++; drop(c); continue; }
                send(c->fd, "x", 1, MSG_NOSIGNAL);
            }
            if (turn == n && now() > round) turn = 0, round += 5000000000ull;
            if (now() < next) { struct timespec t = {.tv_nsec = 50000}; nanosleep(&t, 0); continue; }
            next += 1000000;
            if (!good->open) {
                dial(good, 1);
                setsockopt(good->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            }
            uint64_t t = now();
            put(good, 64);
            while (good->received < good->sent) {
                if (take(good, 64) <= 0) { errors++; drop(good); break; }
            }
            sample(now() - t);
            done++;
            if (done % 20 == 0 && good->open) drop(good); // and a new one now and then
            next = now() > next ? now() : next;
        }
        // Some have been closed since their last byte.
        for (int i = 0; i < n; i++) {
            ssize_t got = -1;
            while (conns[i].open && (got = recv(conns[i].fd, in, 4096, MSG_DONTWAIT)) > 0) {}
            closed += conns[i].open && (got == 0 || errno != EAGAIN);
        }
        report((now() - start) / 1e9);
        return 0;
    }
    for (int i = 0; i < n && !is_connect; i++) {
        struct conn *c = &conns[i];
        // Connected; from here on nothing waits but epoll. Edges come in the order of the
        // replies, where levels pass over connections and double the latency of some.
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        if (is_ping) watch(c, EPOLLIN | EPOLLET), c->start = now(), put(c, 64);
        else watch(c, EPOLLIN | EPOLLOUT | EPOLLET);
    }
    uint64_t start = now(), end = start + length + length / 5;
    int warm = 0;
    struct epoll_event evs[512];
    for (;;) {
        int got = epoll_wait(ep, evs, 512, 100);
        uint64_t t = now();
        if (!warm && t - start > length / 5) warm = 1, start = t, used = busy(), done = bytes = taken = 0;
        if (t > end) break;
        for (int i = 0; i < got; i++) {
            struct conn *c = evs[i].data.ptr;
            if (is_connect) connects(c, evs[i].events);
            else if (is_ping) ping(c);
            else flow(c, evs[i].events, chunk, window);
        }
    }
    report((now() - start) / 1e9);
    return 0;
}

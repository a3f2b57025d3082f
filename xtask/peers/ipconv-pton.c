#define _GNU_SOURCE
/* Lines of standard input, a file, through inet_pton and inet_ntop, as a C program would. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(void)
{
	struct stat st;
	if (fstat(0, &st) || !st.st_size)
		return 2;
	const char *at = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, 0, 0);
	if (at == MAP_FAILED)
		return 2;
	const char *end = at + st.st_size;
	static char buf[1 << 16];
	setvbuf(stdout, buf, _IOFBF, sizeof buf);
	while (at < end) {
		char line[64], text[64];
		unsigned char address[16];
		const char *stop = memchr(at, '\n', end - at);
		size_t len = (stop ? stop : end) - at;
		if (len < sizeof line) {
			memcpy(line, at, len);
			line[len] = 0;
			int family = memchr(line, ':', len) ? AF_INET6 : AF_INET;
			if (inet_pton(family, line, address) == 1 && inet_ntop(family, address, text, sizeof text)) {
				fputs_unlocked(text, stdout);
				putc_unlocked('\n', stdout);
			}
		}
		at += len + 1;
	}
	return fflush(stdout) ? 2 : 0;
}

/* What a program does today for each line: getservbyname_r(3) or, for a number, getservbyport_r(3). */
#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char line[256], data[4096];
    struct servent entry, *found;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (isdigit((unsigned char)line[0]))
            getservbyport_r(htons(atoi(line)), NULL, &entry, data, sizeof data, &found);
        else
            getservbyname_r(line, NULL, &entry, data, sizeof data, &found);
        if (!found)
            puts("-");
        else if (isdigit((unsigned char)line[0]))
            puts(found->s_name);
        else
            printf("%d\n", ntohs(found->s_port));
    }
    return 0;
}

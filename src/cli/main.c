#include <stdio.h>

int main(void)
{
	fputs("heed: no command yet\n", stderr);
	return 2;
}

/* SPDX-License-Identifier: MIT */
/* payments NAME FILE AMOUNT: pays the amount to the next of the three, and is paid by the one
 * before; or nobody pays. */
#include <stdint.h>

#include "../join.h"

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    uint32_t pay = (uint32_t)strtoul(argv[3], NULL, 10), paid = 0;
    int c = join(RW_REALTIME, argv[1], argv[2]);
    rw_timeout(c, 3000);
    rw_put(c, "pay", &pay, sizeof pay);
    rw_get(c, "paid", &paid, sizeof paid);
    if (rw_sync(c) < 0) return leave(c);
    printf("paid %u, was paid %u\n", pay, paid);
    rw_close(c, NULL);
}

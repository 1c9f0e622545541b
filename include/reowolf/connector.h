/* SPDX-License-Identifier: MIT */
/*
 * Connectors: synchronous communication among any number of peers, as a protocol description says.
 *
 *     int c = rw_connector(RW_REALTIME);
 *     rw_configure(c, description);         // the protocol, and which of its peers this is
 *     rw_connect(c);                        // waits for the other peers
 *     for (;;) {
 *         rw_put(c, "give", data, size);    // prepare what goes out ...
 *         rw_get(c, "take", room, sizeof room);  // ... and what comes in
 *         if (rw_sync(c) < 0) break;        // all of it happens at all peers, or none of it
 *     }
 *     rw_close(c, NULL);
 *
 * Conventions.
 *
 * 1. A connector is a small non-negative number. Functions return -1 and set errno when they fail;
 *    rw_error() then says in words what was wrong. A call that fails has changed nothing.
 * 2. A connector is used by one thread at a time. A second thread in a call is refused with EBUSY.
 *    Different connectors are independent, and may be peers of each other.
 * 3. Strings end in a zero byte. They and all buffers stay the caller's; nothing is kept beyond the
 *    call, except the buffers of rw_get and rw_opt, which must stay until rw_sync has succeeded or
 *    they were replaced.
 * 4. What a buffer holds depends on the port's type. A scalar has its size and the host's byte
 *    order; `bool` and `char` have one byte. A `string` (UTF-8) and `u8[]` are their bytes. Other
 *    types use the wire encoding: little-endian, packed, a u32 count before array elements.
 *
 * Every function can fail with EBADF (no such connector), EBUSY (another thread is in a call),
 * EINVAL (a pointer is NULL that must not be) and ENOMEM. Checks come in the order: connector,
 * class, state, name of the port, its owner, its direction, size.
 */
#ifndef REOWOLF_CONNECTOR_H
#define REOWOLF_CONNECTOR_H

#include <stddef.h>

#if defined(__GNUC__)
#define RW_API __attribute__((visibility("default")))
#else
#define RW_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The classes of connectors. Of these, RW_REALTIME is there; the others are refused with EINVAL. */
#define RW_REALTIME 1 /* puts and gets are prepared, then all peers step together with rw_sync */
#define RW_LOGICAL 2
#define RW_DYNAMIC 3

/* A new connector, or -1: EINVAL (unknown class), EMFILE (too many connectors). */
RW_API int rw_connector(int cls);

/* Gives the connector its protocol: a module of the protocol description language with one
 * `connector` and one `self`. 0, or -1: EINVAL (the description is not valid; rw_error and
 * rw_checkdesc have the diagnostic with line and column), EISCONN. */
RW_API int rw_configure(int conn, const char* desc_sz);

/* Checks a description. The diagnostic is written to `out` as snprintf would: at most `len` bytes
 * with the terminating zero. Returns its length without the zero; 0 if the description is valid. */
RW_API size_t rw_checkdesc(const char* desc_sz, char* out, size_t len);

/* Waits until all peers of the description are there and have the same protocol; they may start in
 * any order. The time limit is 30 s unless rw_timeout says otherwise. 0, or -1: ENOTCONN (not
 * configured), EISCONN, EADDRINUSE and EADDRNOTAVAIL (this peer's address), ECONNREFUSED,
 * EHOSTUNREACH and ETIMEDOUT (another peer is not there), EPROTONOSUPPORT (the descriptions
 * differ). After a failure it can be tried again. */
RW_API int rw_connect(int conn);

/* Closes a port: for the rest of the protocol it stays silent. Closing the last one leaves the
 * connector. With NULL, leaves the connector and releases its number; what others need to finish
 * the last round is delivered first. 0, or -1: ENOTCONN, ENOENT, EACCES. */
RW_API int rw_close(int conn, const char* port_sz);

/* The time limit of rw_connect and rw_sync, in milliseconds. Negative: none. 0: what is not
 * possible at once fails. */
RW_API int rw_timeout(int conn, long ms);

/* Prepares a value to go out through the port at the next rw_sync. The value is copied. Again for
 * the same port: replaces it; with a NULL buffer: takes it back. No communication takes place. 0,
 * or -1: EPERM (direction, or class), ENOTCONN, ENOENT (no such port), EACCES (another peer's),
 * EMSGSIZE (not the size of the port's type, or over 64 MiB), EINVAL (not a value of the port's
 * type), EPIPE (the port is closed). */
RW_API int rw_put(int conn, const char* port_sz, const void* buf, size_t len);

/* Prepares a buffer for the value that must come in through the port at the next rw_sync. Written
 * only when that succeeds. A longer value fills the buffer; rw_length has its length, and
 * rw_decide gets it whole. With a NULL buffer: takes it back. Fails as rw_put does. */
RW_API int rw_get(int conn, const char* port_sz, void* buf, size_t len);

/* As rw_get, for a value that may come or not; rw_decide tells. */
RW_API int rw_opt(int conn, const char* port_sz, void* buf, size_t len);

/* One round: everything that the peers have prepared happens, or nothing of it happens. Blocks
 * until it is decided. 0; 1 if with this round the protocol has expired, because all of its
 * components have ended; or -1, and everything is as before the call, what was prepared included:
 *   ETIMEDOUT     a peer did not synchronise within the time limit of one of them
 *   EDEADLK       the peers have put and got what no behaviour of the protocol fits
 *   EPROTO        a peer deviated from the protocol
 *   EPIPE         a peer has left or died; nothing of the round happened
 *   ECONNABORTED  the connection was lost while the outcome was open: it is unknown whether the
 *                 round happened at the others
 *   EPROTONOSUPPORT  the protocol has expired
 *   ENOTCONN */
RW_API int rw_sync(int conn);

/* How many bytes came in through the port in the last round; 0 if it did not fire. Or -1. */
RW_API long rw_length(int conn, const char* port_sz);

/* The value that came in through the port in the last round: 1, and it fills the buffer; 0 if the
 * port did not fire, and the buffer is left as it is. Or -1. */
RW_API int rw_decide(int conn, const char* port_sz, void* buf, size_t len);

/* What the last failed call had to say about this connector. Good until the next call for it;
 * empty if none has failed. */
RW_API const char* rw_error(int conn);

#ifdef __cplusplus
}
#endif

#endif

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
 *    Different connectors are independent, and may be peers of each other. No function is a
 *    cancellation point: a thread that pthread_cancel ends goes when its call has returned.
 * 3. Strings end in a zero byte. They and all buffers stay the caller's; nothing is kept beyond the
 *    call, except the buffers of rw_get, rw_opt and rw_poll, which must stay until the round has
 *    succeeded or they were replaced.
 * 4. What a buffer holds depends on the port's type. A scalar has its size and the host's byte
 *    order; `bool` and `char` have one byte. A `string` (UTF-8) and `u8[]` are their bytes. Other
 *    types use the wire encoding: little-endian, packed, a u32 count before array elements, a tag
 *    of one or two bytes before the payload of a union.
 * 5. A connector belongs to the process that made it, and a thread there does its work while it is
 *    connected. A child of fork() has no such thread: of connectors made before, it may use none,
 *    not even to close them. It can make its own, and exec() leaves nothing of them open.
 *
 * Every function can fail with EBADF (no such connector), EBUSY (another thread is in a call, or
 * what rw_sync_start, rw_await_start or rw_connect_start has begun is under way), EINVAL (a pointer
 * is NULL that must not be) and ENOMEM. Checks come in the order: connector, class, state, name of
 * the port, its owner, its direction, size.
 */
#ifndef REOWOLF_CONNECTOR_H
#define REOWOLF_CONNECTOR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define RW_API __attribute__((visibility("default")))
#else
#define RW_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Making and configuring ----------------------------------------------------------------- */

/* The classes of connectors. Peers of different classes can be in one connector; they tell each
 * other their class when they connect. */
#define RW_REALTIME 1 /* puts and gets are prepared, then all real-time peers step together */
#define RW_LOGICAL 2  /* ports are offered and polled; a round happens when one of them can fire */
#define RW_DYNAMIC 3  /* a logical one whose ports can carry ports */

/* A new connector of the class, to be released with rw_close. Or -1: EINVAL (unknown class), EMFILE
 * (too many connectors). */
RW_API int rw_connector(int cls);

/* Gives the connector its protocol: a module of the protocol description language with one
 * `connector` and one `self`. Before rw_connect it can be called again, and replaces the protocol.
 *
 * When the protocol has expired (rw_sync and rw_await return 1 then), proposes the one after it,
 * which takes effect with the next round. The peers in it, and which of them this is, must be the
 * same; what was prepared is forgotten, and ports that were closed are open again. What the last
 * round brought stays until the next one has succeeded. Peers for which nothing changes (names,
 * directions and types of their ports) need not configure anything: they take it. All others have
 * to, and until then the round fails with EPROTONOSUPPORT. If nobody configures anything, the last
 * protocol begins anew. Where all peers are real-time, it can be called again until the new
 * protocol has had a round.
 *
 * 0, or -1: EINVAL (the description is not valid, or is one for another peer; rw_error and
 * rw_checkdesc have the diagnostic with line and column), EISCONN (connected, and not expired). */
RW_API int rw_configure(int conn, const char* desc_sz);

/* Checks a description. The diagnostic is written to `out` as snprintf would: at most `len` bytes
 * with the terminating zero. Returns its length without the zero; 0 if the description is valid. */
RW_API size_t rw_checkdesc(const char* desc_sz, char* out, size_t len);

/* Waits until all peers of the description are there and have the same protocol; they may start in
 * any order. The time limit is 30 s unless rw_timeout says otherwise. 0, or -1: ENOTCONN (not
 * configured), EISCONN, EADDRINUSE and EADDRNOTAVAIL (this peer's address), ECONNREFUSED,
 * EHOSTUNREACH and ETIMEDOUT (another peer is not there), EPROTONOSUPPORT (the descriptions
 * differ, or ask for a transport that there cannot be), EMFILE (no descriptor, or no thread). After
 * a failure it can be tried again. A peer that ends while others connect may be started again, and
 * is waited for like one that has not come yet; rw_progress tells at once, and rw_error in the end,
 * what happened to whom. */
RW_API int rw_connect(int conn);

/* Closes a port: for the rest of the protocol it stays silent. Closing the last one leaves the
 * connector. With NULL, leaves the connector and releases its number; what others need to finish
 * the last round is delivered first, and a round under way is abandoned. A peer that does not
 * answer is waited for some tenths of a second and, if something was on its way to it, until that
 * has arrived, or nothing more has for RW_SILENCE_MS. 0, or -1: ENOTCONN, ENOENT, EACCES. */
RW_API int rw_close(int conn, const char* port_sz);

/* The time limit of rw_connect, rw_sync and rw_await, in milliseconds. Negative: none, as at first
 * for rw_sync and rw_await; rw_connect has 30,000 at first. 0: tries once; what is not possible
 * with the peers that wait now fails with ETIMEDOUT; rw_connect gives those who are there, and do
 * not answer, two seconds. Takes effect with the next call.
 *
 * When the limit has passed, it is settled with the other peers whether the round has happened
 * after all. If one of them that has a part in it cannot be reached, that takes until it can be
 * again, or is lost: 10 s until the silence is noticed and 60 s more, unless RW_SILENCE_MS says
 * otherwise. So much longer than its limit can rw_sync or rw_await take. */
RW_API int rw_timeout(int conn, long ms);

/* The options of rw_set. The last three are set before connecting, and hold for this peer alone:
 * what others send may have the bytes that they allow. A connection on which nothing has come for
 * RW_SILENCE_MS is given up for another one; when there has been none for six times as long, the
 * peer is lost. */
#define RW_CONNECT_TIMEOUT_MS 1 /* as rw_timeout, for rw_connect alone */
#define RW_ROUND_TIMEOUT_MS 2   /* as rw_timeout, for rw_sync and rw_await alone */
#define RW_SILENCE_MS 3         /* of a connection, then of the peer; 10,000 */
#define RW_MESSAGE_BYTES_MAX 4  /* of a value put here; 67,108,864, and not more */
#define RW_BEHAVIOURS_MAX 5     /* live ones of a component or of a round prepared here; 65,536 */

/* Sets an option. 0, or -1: EINVAL (no such option, or not a value that it can have), EISCONN
 * (connected or connecting, and it is one to set before). */
RW_API int rw_set(int conn, int option, long value);

/* What rw_progress tells of. */
#define RW_LISTENING 1  /* this peer listens from now on */
#define RW_CONNECTING 2 /* of another one something else is known than before */
#define RW_SENDING 3    /* values of 1 MiB or more together are on their way to a peer */
#define RW_RECEIVING 4  /* a value of 1 MiB or more is on its way from a peer */

struct rw_event { /* NOLINT(readability-identifier-naming): as all C names here */
    int what;
    const char* peer;
    const char* text;
    uint64_t done, total;
};

/* Has `report` called while the connector connects, and some ten times a second while large values
 * are on their way; the last time when all of it has gone or come. It gets `context`, and a struct
 * rw_event that is good until it returns:
 *
 *   what   which of the above
 *   peer   the name of the peer, as a string
 *   text   RW_LISTENING: at which address; RW_CONNECTING: what is known, for people; otherwise ""
 *   done   uint64_t: bytes that have gone or come; before, how many of the others are there
 *   total  uint64_t: bytes of all of it; before, how many others there are
 *
 * It is called by the thread that waits in a call or, when nobody does, by another one. It should
 * return soon; calls for this connector fail with EBUSY in it. NULL: nothing is reported any more.
 * 0, or -1: EISCONN (connected: it is set before). */
RW_API int rw_progress(int conn, void (*report)(const struct rw_event* event, void* context),
                       void* context);

/* ---- Real-time connectors ------------------------------------------------------------------- */

/* Prepares a value to go out through the port at the next rw_sync. The value is copied. Again for
 * the same port: replaces it; with a NULL buffer: takes it back. No communication takes place. 0,
 * or -1: EPERM (direction, or class), ENOTCONN, ENOENT (no such port), EACCES (another peer's),
 * EMSGSIZE (not the size of the port's type, or over 64 MiB), EINVAL (not a value of the port's
 * type), EPIPE (the port was closed here). */
RW_API int rw_put(int conn, const char* port_sz, const void* buf, size_t len);

/* Prepares a buffer for the value that must come in through the port at the next rw_sync. Written
 * only when that succeeds. A longer value fills the buffer; rw_length has its length, and
 * rw_decide gets it whole. With a NULL buffer: takes it back. Of rw_get and rw_opt on a port, the
 * last one counts. Fails as rw_put does. */
RW_API int rw_get(int conn, const char* port_sz, void* buf, size_t len);

/* As rw_get, for a value that may come or not; rw_decide tells. A round in which more such values
 * come is preferred. */
RW_API int rw_opt(int conn, const char* port_sz, void* buf, size_t len);

/* One round: everything that the real-time peers have prepared happens, or nothing of it happens.
 * Ports for which nothing is prepared stay silent. Blocks until it is decided. 0; 1 if with this
 * round the protocol has expired, because all of its components have ended; or -1, and everything
 * is as before the call, what was prepared included:
 *   ETIMEDOUT     a peer did not synchronise within the time limit of one of them
 *   EDEADLK       the peers have put and got what no behaviour of the protocol fits
 *   EPROTO        a peer deviated from the protocol
 *   EPIPE         a peer has left or died, a logical one if nothing fits without it; nothing of
 *                 the round happened
 *   ECONNABORTED  the connection was lost while the outcome was open: it is unknown whether the
 *                 round happened at the others
 *   EPROTONOSUPPORT  the protocol has expired, and the peers do not agree on the next one
 *   ENOTCONN, EPERM (class) */
RW_API int rw_sync(int conn);

/* ---- Logical connectors --------------------------------------------------------------------- */

/* Prepares a value that may go out through the port at the next rw_await, or not; rw_decide tells.
 * Copied, replaced, taken back, and failing as with rw_put. */
RW_API int rw_offer(int conn, const char* port_sz, const void* buf, size_t len);

/* Prepares a buffer for a value that may come in through the port at the next rw_await, or not;
 * rw_decide tells. Otherwise as rw_get. */
RW_API int rw_poll(int conn, const char* port_sz, void* buf, size_t len);

/* One round in which at least one of the ports offered and polled fires. Blocks until there is one.
 * Then all offers and polls are over, those that did not fire too. The other peers are needed only
 * as far as the protocol says. Real-time peers go on without this one while it is not in this
 * call: to them it is silent. Returns and fails as rw_sync does; with nothing prepared it is
 * EDEADLK. If nothing fits, and a peer that could have helped has left or died, it is EPIPE; those
 * who are still there may go on with something else. */
RW_API int rw_await(int conn);

/* ---- Dynamic connectors --------------------------------------------------------------------- */

/* Offers a new port through the port, which is one for ports, at the next rw_await: this peer keeps
 * the other end of a new channel. If that fired, rw_decide on the port has the name of the end that
 * stays here. Replaces what was offered, and is replaced by it. 0, or -1: EPERM (class, direction,
 * or not a port for ports), ENOTCONN, ENOENT, EACCES, EPIPE (the port is closed).
 *
 * In the buffers of dynamic connectors a port is its name, without a terminating zero (inside of
 * other values with a u32 length in front). With rw_offer it is one that this peer has, and hands
 * over with the round: then it is gone (EACCES if the description has it, and else ENOENT). With
 * rw_poll it is the name that the port has here from now on, such as "take#1": it is used like
 * those of the description, handed on, closed, and lasts as long as the protocol. Of those that
 * were closed the last 1,024 are remembered as such (EPIPE), and others not at all (ENOENT). On
 * connectors of other classes ports whose messages have ports in them cannot be used: EPERM. */
RW_API int rw_fresh(int conn, const char* port_sz);

/* ---- Alternatives --------------------------------------------------------------------------- */

/* What is prepared from here on, until the next rw_or or the end of the round, is an alternative to
 * what was prepared before: one of them happens. That is an earlier one rather than a later one, as
 * a rule and not always: where several are possible again and again, about every fourth round may
 * take the one that was taken longest ago, so that nobody starves; and an earlier one that becomes
 * possible a little later than a later one may not be waited for. rw_chosen tells which. 0, or -1:
 * ENOTCONN, EMFILE (more than 1,024 alternatives). */
RW_API int rw_or(int conn);

/* Which of the alternatives happened in the last round, counted from 0. Or -1: ENOTCONN, EINVAL (no
 * round has happened yet). */
RW_API int rw_chosen(int conn);

/* ---- The last round ------------------------------------------------------------------------- */

/* How many bytes the value has that went through the port in the last round; 0 if it did not
 * fire. Or -1: ENOTCONN, ENOENT, EACCES. */
RW_API long rw_length(int conn, const char* port_sz);

/* Whether the port fired in the last round, and with what value: 1, and it fills the buffer; 0, and
 * the buffer is left as it is. Also with a NULL buffer and no length. The value is there until the
 * next round has succeeded. Or -1: ENOTCONN, ENOENT, EACCES, EMSGSIZE. */
RW_API int rw_decide(int conn, const char* port_sz, void* buf, size_t len);

/* The same in place: 1, and `data` and `len` are the value's bytes, which are the library's and
 * good until the next call that prepares, synchronises or closes; 0, and both are left as they are.
 * Fails as rw_decide does. */
RW_API int rw_view(int conn, const char* port_sz, const void** data, size_t* len);

/* Direction and shape of a port: "in<u32>", "out<(string, u8[])>". The shape is the type without
 * names: what the bytes of a value depend on. A struct is written as a tuple, a union as
 * "{() | (u32)}" by its variants, an enum as "enum". Written as snprintf does; the length without
 * the zero, or -1: ENOTCONN, ENOENT, EACCES. */
RW_API int rw_type(int conn, const char* port_sz, char* out, size_t len);

/* What the last failed call had to say about this connector; of -1: the last rw_connector that
 * failed. What failed with EBUSY, EBADF or in rw_connector is said to the thread in which it did.
 * Good until the next call for it; empty if none has failed. */
RW_API const char* rw_error(int conn);

/* ---- Event loops ---------------------------------------------------------------------------- */

/* Begins to connect as rw_connect does, but does not wait for it. Until it is finished, only rw_fd,
 * rw_error, rw_timeout, rw_set of time limits and rw_close with NULL, which abandons it, are
 * possible; others fail with EBUSY. Fails as rw_connect does where that fails at once. */
RW_API int rw_connect_start(int conn);
/* Finishes that: waits for its end, and returns what rw_connect would. Also -1: EINVAL (none was
 * begun). */
RW_API int rw_connect_finish(int conn);

/* Begin a round as rw_sync and rw_await do, but do not wait for it. Until it is finished, only
 * rw_fd, rw_interrupt, rw_decide, rw_view, rw_length, rw_type, rw_chosen, rw_error, rw_timeout,
 * rw_set and rw_close with NULL are possible; others fail with EBUSY. 0, or -1: EPERM (class),
 * ENOTCONN, EMFILE (no descriptor). */
RW_API int rw_sync_start(int conn);
RW_API int rw_await_start(int conn);

/* Finish what rw_sync_start and rw_await_start have begun: wait for the end of the round, and
 * return what rw_sync and rw_await would. Also -1: EINVAL (none was begun). */
RW_API int rw_sync_finish(int conn);
RW_API int rw_await_finish(int conn);

/* Gives up a round that was begun, as its time limit would: finishing it fails with ETIMEDOUT then,
 * unless it can be decided now or has been. Does not wait. 0, also when no round was begun. */
RW_API int rw_interrupt(int conn);

/* A descriptor that polls readable from the end of a round that was begun until it is finished; for
 * poll, epoll and the like, not to be read, and closed by rw_close. It is the same every time. Or
 * -1: EMFILE. */
RW_API int rw_fd(int conn);

#ifdef __cplusplus
}
#endif

#endif

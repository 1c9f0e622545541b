/* SPDX-License-Identifier: MIT */
/*
 * The names that the interface had in its first draft, without a prefix, for C programs that want
 * them:
 *
 *     int c = connector(T_REALTIME);
 *     configure(c, description);
 *     connect(c);
 *     put(c, "give", data, size);
 *     sync(c);
 *     close(c, NULL);
 *
 * They are macros for calls, so that a variable can still be called `connector`. Four of them are
 * names of the C library too: close, connect, poll and sync. Its own functions are called with
 * parentheses around the name then: `(close)(descriptor)`. The headers that declare them are
 * included here, because that has to come before. Include this header after all others.
 */
#ifndef REOWOLF_DRAFT_NAMES_H
#define REOWOLF_DRAFT_NAMES_H

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <reowolf/connector.h>

#define T_REALTIME RW_REALTIME
#define T_LOGICAL RW_LOGICAL
#define T_DYNAMIC RW_DYNAMIC

#define connector(class_of_it) rw_connector(class_of_it)
#define configure(conn, desc_sz) rw_configure(conn, desc_sz)
#define checkdesc(desc_sz, out, len) rw_checkdesc(desc_sz, out, len)
#define connect(conn) rw_connect(conn)
#define close(conn, port_sz) rw_close(conn, port_sz)

#define put(conn, port_sz, buf, len) rw_put(conn, port_sz, buf, len)
#define get(conn, port_sz, buf, len) rw_get(conn, port_sz, buf, len)
#define opt(conn, port_sz, buf, len) rw_opt(conn, port_sz, buf, len)
#define sync(conn) rw_sync(conn)

#define offer(conn, port_sz, buf, len) rw_offer(conn, port_sz, buf, len)
#define poll(conn, port_sz, buf, len) rw_poll(conn, port_sz, buf, len)
#define await(conn) rw_await(conn)
#define decide(conn, port_sz, buf, len) rw_decide(conn, port_sz, buf, len)
#define fresh(conn, port_sz) rw_fresh(conn, port_sz)

#endif

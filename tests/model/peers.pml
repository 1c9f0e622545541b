/* SPDX-License-Identifier: MIT
   Three deterministic parties: the shortcut of docs/deciding.md with a cancel and successors, as peers.py and shortcut.py have it for
   rumur; here for what happens in the end: every cancel is answered,
   what one commits all commit, and three published attempts do not wait for each other for ever.
   Rules as guarded atomic steps of one process; links are buffered, in order.
   Bugs: -DUNILATERAL (a site cancels on its own after publishing), -DFORGET (a cancel that comes to who is published is
   dropped), -DLOCALFLOOR (a leaf does not say whom its sender has released), -DNOMEM (a release is not remembered), -DDEAF (who
   publishes last does not look at the leaves that lie there). */
#define N 3
#ifndef K
#define K 2
#endif
#ifndef C
#define C 1
#endif
#define AT(i, j) ((i) * N + (j))
#define OF(i, j, n) ((AT(i, j)) * (K + 1) + (n))
#define FLOOR(i, j, n, x) floors[(OF(i, j, n)) * N + (x)]
mtype = { LEAF, CANCEL, RELEASE };
chan link[N * N] = [6] of { mtype, byte, byte, byte, byte };   /* AT(from, to): a number, and a leaf's floors */
byte no[N], over[N * N], kept[N * N];           /* over[AT(i, j)]: highest number of j that is over for i */
bool pub[N], ccl[N], gone[N], bad, owed; byte cleft = C;
bool has[N * N * (K + 1)];                      /* OF(i, j, n): i has this leaf of j */
byte floors[N * N * (K + 1) * N];
byte res[N * (K + 1)], with[N * (K + 1) * N];   /* 1 committed, 2 failed; with which numbers of the others */

inline send(i, kind, n) {                       /* to all others */
 b = 0; do :: b < N -> if :: b != i -> link[AT(i, b)]!kind(n, over[AT(i, 0)], over[AT(i, 1)], over[AT(i, 2)]) :: else fi; b++ :: else -> break od; b = 0 }
inline release(i, j, n) {                       /* if it may */
 if :: n > over[AT(i, j)] ->
#ifndef NOMEM
   over[AT(i, j)] = n;
#endif
   link[AT(i, j)]!RELEASE(n, 0, 0, 0) :: else fi }
inline forget(i) {                              /* leaves that are over */
 b = 0; do :: b < N -> n2 = 1; do :: n2 <= K -> if :: b != i && n2 <= over[AT(i, b)] && has[OF(i, b, n2)] ->
   has[OF(i, b, n2)] = 0; x = 0; do :: x < N -> FLOOR(i, b, n2, x) = 0; x++ :: else -> break od; x = 0 :: else fi; n2++ :: else -> break od; b++ :: else -> break od; b = 0; n2 = 0 }
inline answer_kept(i) {
 b = 0; do :: b < N -> if :: kept[AT(i, b)] > 0 -> release(i, b, kept[AT(i, b)]); kept[AT(i, b)] = 0 :: else fi; b++ :: else -> break od; b = 0; forget(i) }
/* bad: somebody fails with what another one commits; owed: somebody does not know of it yet. */
inline judge() {
 owed = 0; b = 0; do :: b < N -> n2 = 1; do :: n2 <= K -> if :: res[b * (K + 1) + n2] == 1 ->
   x = 0; do :: x < N -> if :: res[x * (K + 1) + with[(b * (K + 1) + n2) * N + x]] == 2 -> bad = 1 :: res[x * (K + 1) + with[(b * (K + 1) + n2) * N + x]] == 0 -> owed = 1 :: else fi; x++ :: else -> break od; x = 0 :: else fi; n2++ :: else -> break od; b++ :: else -> break od; b = 0; n2 = 0 }
#define FITS(i, p, np, q, nq) (np > FLOOR(i, q, nq, p) && nq > FLOOR(i, p, np, q))
inline try(i) {                                 /* p, q: the other two */
 p = (i + 1) % N; q = (i + 2) % N; np = 1;
 do :: np <= K && pub[i] -> nq = 1;
   do :: nq <= K && pub[i] ->
     if :: has[OF(i, p, np)] && has[OF(i, q, nq)] && FITS(i, i, no[i], p, np) && FITS(i, i, no[i], q, nq) && FITS(i, p, np, q, nq) ->
       res[i * (K + 1) + no[i]] = 1;
       with[(i * (K + 1) + no[i]) * N + i] = no[i]; with[(i * (K + 1) + no[i]) * N + p] = np; with[(i * (K + 1) + no[i]) * N + q] = nq;
       if :: np > over[AT(i, p)] -> over[AT(i, p)] = np :: else fi; if :: nq > over[AT(i, q)] -> over[AT(i, q)] = nq :: else fi;
       pub[i] = 0; ccl[i] = 0; answer_kept(i); judge()
     :: else fi; nq++ :: else -> break od; np++ :: else -> break od; p = 0; q = 0; np = 0; nq = 0 }
inline fail(i) {
 res[i * (K + 1) + no[i]] = 2; pub[i] = 0; ccl[i] = 0;
 c = 0; do :: c < N -> n3 = 1; do :: n3 <= K -> if :: c != i && has[OF(i, c, n3)] -> release(i, c, n3) :: else fi; n3++ :: else -> break od; c++ :: else -> break od; c = 0; n3 = 0;
 answer_kept(i); judge() }
#ifdef LOCALFLOOR
#define KEEP_FLOORS(i, j) skip
#else
#define KEEP_FLOORS(i, j) FLOOR(i, j, n, 0) = f0; FLOOR(i, j, n, 1) = f1; FLOOR(i, j, n, 2) = f2
#endif
#ifdef DEAF
#define TRY_AT_ONCE(i) skip
#else
#define TRY_AT_ONCE(i) try(i)
#endif
#ifdef UNILATERAL
#define TIME_LIMIT(i) fail(i)
#else
#define TIME_LIMIT(i) send(i, CANCEL, no[i])
#endif
#ifdef FORGET
#define KEEP_CANCEL(i, j) skip
#else
#define KEEP_CANCEL(i, j) kept[AT(i, j)] = n
#endif
#define SITE(i) \
 :: d_step { !pub[i] && !gone[i] && no[i] < K -> no[i]++; pub[i] = 1; \
      x = 0; do :: x < N -> FLOOR(i, i, no[i], x) = over[AT(i, x)]; x++ :: else -> break od; x = 0; send(i, LEAF, no[i]); TRY_AT_ONCE(i) } \
 :: d_step { !pub[i] && !gone[i] && no[i] < K -> gone[i] = 1 } \
 :: d_step { pub[i] && !ccl[i] && cleft > 0 -> cleft--; ccl[i] = 1; TIME_LIMIT(i) }
#define FROM(j, i) \
 :: d_step { nempty(link[AT(j, i)]) -> link[AT(j, i)]?kind(n, f0, f1, f2); \
      if :: kind == LEAF -> if :: n > over[AT(i, j)] -> has[OF(i, j, n)] = 1; KEEP_FLOORS(i, j); try(i) :: else fi \
         :: kind == CANCEL -> if :: pub[i] -> KEEP_CANCEL(i, j) :: else -> release(i, j, n); forget(i) fi \
         :: kind == RELEASE -> if :: pub[i] && no[i] == n -> fail(i) :: else fi fi; \
      n = 0; f0 = 0; f1 = 0; f2 = 0; kind = 0 }
byte b, c, n, n2, n3, f0, f1, f2, p, q, np, nq, x; mtype kind;
active proctype P() {
end: do
 SITE(0) SITE(1) SITE(2)
 FROM(0, 1) FROM(0, 2) FROM(1, 0) FROM(1, 2) FROM(2, 0) FROM(2, 1)
 od }
ltl safe { [] !bad }
ltl answered { [] (ccl[0] -> <> !ccl[0]) && [] (ccl[1] -> <> !ccl[1]) && [] (ccl[2] -> <> !ccl[2]) }
ltl together { [] (owed -> <> !owed) }
ltl meet { <> [] !(pub[0] && pub[1] && pub[2]) }

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a Murphi model (for rumur) of the shortcut of docs/deciding.md in which no site differs from another one, so that
their order does not matter (a scalarset): each publishes one attempt, or stays away; some are cancelled. For four
sites and more.
usage: peers.py [-n SITES] [-c CANCELS] [--bug NAME]
 --bug  forget      a site that has agreed to a cancel forgets it when it publishes itself
        unilateral  a site cancels on its own after publishing
"""
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("-n", type=int, default=4)
parser.add_argument("-c", type=int, default=1)
parser.add_argument("--bug", default="")
a = parser.parse_args()
floor = "false" if a.bug == "forget" else "released[i][j]"
give_up = ("mode[i]:=failed;" if a.bug == "unilateral"
           else "for j: Site do if j!=i then cancel[i][j]:=true; end; end;")
print(f"""-- written by peers.py {vars(a)}
type Site: scalarset({a.n});
 Mode: enum {{ idle, away, published, committed, failed }};
 Flags: array[Site] of boolean;
var
 mode: array[Site] of Mode; cancelled: Flags; cancels: 0..{a.c};
 -- On the way from the first to the second; one message of each kind at most, since each has one attempt. A leaf
 -- says whom its sender has released. A cancel follows the leaf on the same link.
 leaf: array[Site] of Flags; cancel: array[Site] of Flags; release: array[Site] of Flags;
 floors: array[Site] of Flags;      -- floors[i][j]: the leaf of i says that it has released j
 has: array[Site] of Flags;         -- has[i][j]: i has the leaf of j
 released: array[Site] of Flags;    -- released[i][j]: by i, for good
 kept: array[Site] of Flags;        -- kept[i][j]: a cancel of j, which i answers when it has not published any more

startstate begin
 for i: Site do mode[i]:=idle; cancelled[i]:=false;
  for j: Site do leaf[i][j]:=false; cancel[i][j]:=false; release[i][j]:=false; floors[i][j]:=false; has[i][j]:=false;
   released[i][j]:=false; kept[i][j]:=false; end; end;
 cancels:={a.c};
end;

ruleset i: Site do
 rule "publish" mode[i]=idle ==>
 begin mode[i]:=published; has[i][i]:=true;
  for j: Site do floors[i][j]:={floor}; if j!=i then leaf[i][j]:=true; end; end; end;
 rule "stay away" mode[i]=idle ==> begin mode[i]:=away; end;
 rule "time limit" mode[i]=published & !cancelled[i] & cancels>0 ==>
 begin cancels:=cancels-1; cancelled[i]:=true; {give_up} end;
 rule "commit" mode[i]=published & (forall j: Site do has[i][j] end)
   & (forall j: Site do forall k: Site do !floors[j][k] end end) ==>
 begin mode[i]:=committed; for j: Site do kept[i][j]:=false; end; end;
 ruleset j: Site do
  rule "a leaf comes" leaf[j][i] ==> begin leaf[j][i]:=false; has[i][j]:=true; end;
  rule "a cancel comes" cancel[j][i] & !leaf[j][i] ==>
  begin cancel[j][i]:=false;
   if mode[i]=published then kept[i][j]:=true;
   elsif mode[i]!=committed & !released[i][j] then released[i][j]:=true; release[i][j]:=true; end; end;
  rule "a release comes" release[j][i] ==>
  begin release[j][i]:=false;
   if mode[i]=published then
    mode[i]:=failed; has[i][i]:=false;
    for k: Site do if k!=i & (has[i][k] | kept[i][k]) & !released[i][k] then
      released[i][k]:=true; release[i][k]:=true; end; kept[i][k]:=false; end;
   end; end;
 end;
end;

invariant "nobody fails with what another one commits"
 forall i: Site do forall j: Site do mode[i]=committed -> mode[j]!=failed end end;
-- What is still to come, or nothing that could be a round, and no cancel without an answer.
rule "quiet" (forall i: Site do forall j: Site do !leaf[i][j] & !cancel[i][j] & !release[i][j] end end)
  & (forall i: Site do mode[i]!=idle & (mode[i]=published -> !cancelled[i]) end)
  & !(forall i: Site do mode[i]=published end) ==> begin end;
""")

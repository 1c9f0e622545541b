#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a Murphi model (for rumur) of what docs/deciding.md says of losses (rules 17 to 20; OVER of rule 8): one site holds
the attempts of all the others, decides those that are there, and tells their owners; it and others are lost at any time, with
what they had sent and nobody had received; those who are left ask each other, and pass on what they know. The owners do not
differ from each other, so that their order does not matter (a scalarset). src/rounds/losses.cpp is what it is a model of.
usage: losses.py [-n SITES] [-k ATTEMPTS OF EACH] [-x LOSSES] [-c CANCELS] [--over] [--prompt] [--bug NAME]
 --over  who commits tells all the others in the decision, with the whole of it; otherwise nobody shares a channel
 --prompt  who is asked and does not know is heard at once: for one loss, where it makes no difference to what can go wrong
 --bug   anyopen  a decision that is passed on commits whatever attempt is open, and not only its own
         forget   a site forgets a decision when its own next attempt begins, and not when that is decided
         noset    answers of those who are left are accepted without regard to which losses they had noticed
         nodrain  a site answers before it has noticed the losses of the question
         noask    a site that has lost the holder reports 'unknown' without asking anybody
         guess    ... reports 'failed'
         mute     nobody answers what he does not know
"""
import argparse

parser = argparse.ArgumentParser()
for option, usual in (("n", 4), ("k", 1), ("x", 2), ("c", 0)):
    parser.add_argument("-" + option, type=int, default=usual)
parser.add_argument("--over", action="store_true")
parser.add_argument("--prompt", action="store_true")
parser.add_argument("--bug", default="")
a = parser.parse_args()


def bug(name):
    return a.bug == name


over = "" if not a.over else """
    for j: Site do if j!=s & part[s][no[s]][j]>0 then send(s,j,part[s][no[s]][j]); end; end;"""
conclude = {"noask": "finish(s,unknown);", "guess": "finish(s,failed);"}.get(a.bug, "ask(s);")
is_same_set = "true" if bug("noset") else "forall t: Site do (rank[d][t]>0 & rank[d][t]<=m) = (rank[s][t]>0) end"
is_drained = "true" if bug("nodrain") else "forall t: Site do rank[s][t]>0 -> rank[d][t]>0 end"
denial = "denial[d][s][losses(d)]:=true;"
if bug("nodrain"):   # who has lost nobody has no such set
    denial = f"if losses(d)>0 then {denial} else denied[s][d]:=true; conclude(s); end;"
elif a.prompt:
    denial = f"if {is_same_set.replace('m)', 'losses(d))')} then denied[s][d]:=true; conclude(s); end;"
print(f"""-- written by losses.py {vars(a)}
const K: {a.k}; X: {a.x};
type Site: scalarset({a.n}); No: 0..K; Number: 1..K; Size: 0..X; Losses: 1..X;
 Fate: enum {{ undecided, decided, cancelled }}; Report: enum {{ none, committed, failed, unknown }};
 Flags: array[Site] of boolean;
var
 holder: Site;                                 -- has no attempt of its own
 no: array[Site] of No; open: Flags;           -- the last attempt of each, and whether it is still open
 home: Flags;                                  -- it was begun without the holder, and nothing of it is in doubt
 held: Flags;                                  -- by the holder
 report: array[Site] of array[Number] of Report;
 fate: array[Site] of array[Number] of Fate;   -- ghost: what became of it
 part: array[Site] of array[Number] of array[Site] of No;   -- of who is in a decision: the decision. It never changes
 known: array[Site] of array[Site] of No;      -- known[s][j]=k: the last decision with an attempt of j that s knows has (j,k)
 teller: array[Site] of array[Site] of Site;   -- and who told it
 -- On the way from the first to the second.
 tell: array[Site] of array[Site] of array[Number] of boolean;   -- the decision with this attempt of the second
 ended: array[Site] of boolean;                                  -- from the holder: the attempt is cancelled
 asks: array[Site] of Flags;                   -- about the open attempt of the first, with all that it has lost
 denial: array[Site] of array[Site] of array[Losses] of boolean;   -- of the open attempt of the second; the first had lost so many then
 cut: Flags;                                   -- isolated for good: whatever it does, nobody hears of it any more
 rank: array[Site] of array[Site] of Size;     -- rank[s][t]: the how manieth loss that s has noticed is that of t; 0: none
 denied: array[Site] of Flags;                 -- the answers that s has to its last question
 left: Size; cancels: 0..{max(a.c, 1)};

function losses(s: Site): Size;
 var count: Size;
begin count:=0; for t: Site do if rank[s][t]>0 then count:=count+1; end; end; return count; end;
-- Where nobody is lost any more: whom it does not matter to have heard from, and what changes nothing when it comes.
procedure tidy(s: Site);
begin
  if left=0 then for t: Site do if !cut[t] then
    for x: Site do if teller[s][x]=t then teller[s][x]:=s; end; end;
    for k: Number do if forall x: Site do part[s][k][x]<=known[s][x] end then tell[t][s][k]:=false; end; end;
  end; end; end;
end;
procedure send(s: Site; d: Site; k: Number);
begin if !cut[s] & !cut[d] then tell[s][d][k]:=true; tidy(d); end; end;
procedure finish(s: Site; r: Report);
begin
  assert "two reports" open[s] & report[s][no[s]]=none;
  report[s][no[s]]:=r; open[s]:=false; home[s]:=false;
  for t: Site do asks[s][t]:=false; denied[s][t]:=false; for m: Losses do denial[t][s][m]:=false; end; end;   -- answers come to nothing
end;
procedure cancel(s: Site);   -- at the holder
begin held[s]:=false; fate[s][no[s]]:=cancelled; if !cut[holder] & !cut[s] then ended[s]:=true; end; end;
-- All who are left have said that they do not know.
procedure conclude(s: Site);
begin if forall t: Site do t!=s & rank[s][t]=0 -> denied[s][t] end then finish(s,unknown); end; end;
procedure ask(s: Site);      -- rule 17
begin
  for t: Site do denied[s][t]:=false; asks[s][t]:=t!=s & rank[s][t]=0 & !cut[t]; end;
  conclude(s);
end;
-- s is told by t of the decision with attempt k of j.
procedure learn(s: Site; j: Site; k: Number; t: Site);
begin
  for x: Site do if part[j][k][x]>0 & part[j][k][x]>=known[s][x] then known[s][x]:=part[j][k][x]; teller[s][x]:=t; end; end;
  if open[s] & {'part[j][k][s]>0' if bug('anyopen') else 'part[j][k][s]=no[s]'} then{over}
    finish(s,committed);
  end;
  tidy(s);
end;

ruleset h: Site do startstate begin
 holder:=h; left:={a.x}; cancels:={a.c};
 for s: Site do
  no[s]:=0; open[s]:=false; home[s]:=false; held[s]:=false; ended[s]:=false; cut[s]:=false;
  for k: Number do report[s][k]:=none; fate[s][k]:=undecided; for t: Site do part[s][k][t]:=0; tell[s][t][k]:=false; end; end;
  for t: Site do asks[s][t]:=false; for m: Losses do denial[s][t][m]:=false; end; known[s][t]:=0; teller[s][t]:=h; rank[s][t]:=0; denied[s][t]:=false; end;
 end;
end end;

ruleset s: Site do
rule "begin" s!=holder & !cut[s] & !open[s] & no[s]<K ==>
begin
  no[s]:=no[s]+1; open[s]:=true; home[s]:=rank[s][holder]>0; held[s]:=!home[s] & !cut[holder];
  {'for t: Site do known[s][t]:=0; teller[s][t]:=holder; end;' if bug('forget') else ''}
end;
rule "time limit" held[s] & cancels>0 ==> begin cancels:=cancels-1; cancel(s); end;
rule "isolate" left>0 & !cut[s] ==>
begin
  cut[s]:=true; left:=left-1; open[s]:=false; home[s]:=false; ended[s]:=false;
  if s=holder then for i: Site do held[i]:=false; end; end;
  for k: Number do report[s][k]:=none; end;
  for t: Site do known[s][t]:=0; teller[s][t]:=holder; rank[s][t]:=0; denied[s][t]:=false;
   asks[t][s]:=false; for k: Number do tell[t][s][k]:=false; end; for m: Losses do denial[t][s][m]:=false; end; end;
  for t: Site do if !cut[t] then tidy(t); end; end;
end;
rule "cancelled" ended[s] ==> begin ended[s]:=false; if open[s] & fate[s][no[s]]=cancelled then finish(s,failed); end; end;
end;
rule "decide" exists i: Site do exists j: Site do i!=j & held[i] & held[j] end end ==>
 var set: array[Site] of No;
begin
  for i: Site do if held[i] then set[i]:=no[i]; known[holder][i]:=no[i]; else set[i]:=0; end; end;
  for i: Site do if held[i] then
    assert "decided before" fate[i][no[i]]=undecided; fate[i][no[i]]:=decided; held[i]:=false; part[i][no[i]]:=set; send(holder,i,no[i]);
  end; end;
end;
ruleset s: Site; d: Site do
ruleset k: Number do
rule "told" tell[s][d][k] ==> begin tell[s][d][k]:=false; learn(d,d,k,s); end;
end;
rule "asked" asks[s][d] & ({is_drained}) ==>   -- rule 18
begin
  asks[s][d]:=false;
  if known[d][s]=no[s] then send(d,s,no[s]);
  elsif d=holder & held[s] then cancel(s);
  {'' if bug('mute') else f'elsif !cut[s] then {denial}'}
  end;
end;
ruleset m: Losses do
-- Rule 19. On one link nothing overtakes anything.
rule "denied" denial[d][s][m] & !(exists k: Number do tell[d][s][k] end) & !(d=holder & ended[s]) ==>
begin
  denial[d][s][m]:=false;
  if {is_same_set} then denied[s][d]:=true; conclude(s); end;
end;
end;
rule "notice a loss" !cut[s] & cut[d] & rank[s][d]=0 ==>
 var size: Size;
begin
  size:=losses(s); rank[s][d]:=size+1;
  asks[d][s]:=false; for k: Number do tell[d][s][k]:=false; end; for m: Losses do denial[d][s][m]:=false; end;
  if d=holder then ended[s]:=false; end;
  if s=holder then held[d]:=false; end;
  -- Rule 20: what it has told is passed on, but not to who has gone on.
  for j: Site do if known[s][j]>0 & teller[s][j]=d then
    for x: Site do if x!=s & rank[s][x]=0 & part[j][known[s][j]][x]>0 & known[s][x]<=part[j][known[s][j]][x] then
      send(s,x,part[j][known[s][j]][x]);
    end; end;
    teller[s][j]:=s;
  end; end;
  if open[s] & !home[s] then {conclude} end;
end;
end;

invariant "reports agree with what became of it"
 forall i: Site do forall k: Number do
  (report[i][k]=committed -> fate[i][k]=decided) & (report[i][k]=failed -> fate[i][k]=cancelled) end end;
invariant "those who are left agree"
 forall i: Site do forall j: Site do forall k: Number do
  !cut[i] & !cut[j] & report[i][k]=committed & part[i][k][j]>0 -> report[j][part[i][k][j]]!=unknown end end end;
invariant "unknown needs a loss"
 forall i: Site do forall k: Number do report[i][k]=unknown -> losses(i)>0 end end;
-- Nothing is on its way, and whoever waits waits for a holder that is there.
rule "quiet" (forall s: Site do !ended[s] & (open[s] -> home[s] | (held[s] & rank[s][holder]=0)) & forall d: Site do
   !asks[s][d] & (forall k: Number do !tell[s][d][k] end) & (forall m: Losses do !denial[s][d][m] end) end end) ==> begin end;
""")

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the Murphi model (for rumur) of the general algorithm of docs/deciding.md: authority, hand-over,
touch, decision, cancel, loss of sites. src/rounds/arbiter.cpp and losses.cpp are what it is a model of.
usage: general.py [-n SITES] [-l LEAVES] [-k ATTEMPTS] [-c CANCELS] [-x LOSSES] [-q QUEUE] [--bug NAME] [--menu SPEC] [--live]
 --menu  e.g. "0:1|2;1:0;2:0,01" fixes the leaves: site 0 has leaves {1} and {2}, site 1 has {0}, site 2 has {0} and {0,1};
         without it, every attempt's leaves are chosen freely.
 --over  who commits tells those it shares a channel with, with the whole decision (rule 8)
 --bug   push       authority only ever pushed to the lowest site an attempt itself touches (the text as written); no TOUCH
         forward    a hand-over that arrives where the other attempt has been passed on is kept, not passed on
         closure    only the touched attempt is handed over, not what it is together with
         nochase    a cancel is not forwarded after the authority
         unilateral a site cancels on its own although it has handed the authority over
         twoholders a site keeps the authority when it hands it over
         stale      a leaf of a cancelled attempt is accepted for its successor
         staledep   a leaf that got its values from a cancelled attempt is matched with the successor
         ptrgc      forwarding pointers are dropped as soon as the site's own attempt has ended
         guess      a site that lost the holder reports 'failed' instead of asking
         noask      a site that lost the holder reports 'unknown' without asking the survivors
         unordered  a survivor answers before it has noticed the losses of the question itself
         noset      answers of survivors are accepted without regard to which losses they had seen
"""
import argparse, itertools
ap=argparse.ArgumentParser()
for o,d in (('n',3),('l',2),('k',1),('c',0),('x',0),('q',6)): ap.add_argument('-'+o,type=int,default=d)
ap.add_argument('--bug',default=''); ap.add_argument('--menu',default='')
ap.add_argument('--may-stay-away',action='store_true'); ap.add_argument('--over',action='store_true'); ap.add_argument('--lose',default='')
a=ap.parse_args(); N,L,K=a.n,a.l,a.k; B=lambda s: a.bug==s
S=range(N); out=[]; P=out.append
def menus(i):
    if a.menu:
        spec=dict(p.split(':') for p in a.menu.split(';'))
        return [[frozenset(int(c) for c in s) for s in spec[str(i)].split('|')]] if str(i) in spec else []
    subs=[frozenset(c) for r in range(1,N) for c in itertools.combinations([j for j in S if j!=i],r)]
    return [list(m) for r in range(1,L+1) for m in itertools.combinations(subs,r)]
P(f"""-- written by general.py {vars(a)}
const N: {N}; L: {L}; K: {K}; Q: {a.q};
type Site: 0..N-1; Lf: 1..L; Lf0: 0..L; No: 0..K; Len: 0..Q; Slot: 0..Q-1;
 Kind: enum {{ VAL, TOUCH, HAND, LEAF, HELD, CANCEL, CANCELLED, DECIDE, OVER, ASK, NOPE }};
 St: enum {{ idle, waiting, away }};
 Fate: enum {{ open, decided, cancelled }};
 Rep: enum {{ none, committed, failed, unknown }};
 LeafRec: record have: boolean; dep: array[Site] of No; end;
 Rec: record no: No; touch: array[Site] of boolean; lf: array[Lf] of LeafRec; end;
 Ptr: record no: No; nx: Site; end;
 Msg: record kind: Kind; a: Site; k: No;      -- the attempt (a,k) it is about
   b: Site; m: No; h: Site;                   -- the other attempt (b,m), believed to be held at h
   rec: Rec; l: Lf; leaf: LeafRec; set: array[Site] of No;
   lost: array[Site] of boolean; end;
var
 need: array[Site] of array[Lf] of array[Site] of boolean;  nl: array[Site] of Lf0;
 st: array[Site] of St; no: array[Site] of No; ccl: array[Site] of boolean;
 tou: array[Site] of array[Lf] of boolean; ex: array[Site] of array[Lf] of boolean;
 seen: array[Site] of array[Site] of No; seenh: array[Site] of array[Site] of Site;
 hold: array[Site] of array[Site] of Rec; ptr: array[Site] of array[Site] of Ptr;
 know: array[Site] of array[Site] of No;      -- know[s][i]=k: s knows a decision that contains attempt (i,k)
 q: array[Site] of array[Site] of array[Slot] of Msg; ql: array[Site] of array[Site] of Len;
 fate: array[Site] of array[No] of Fate;      -- ghost: what was really decided
 rep: array[Site] of array[No] of Rep;        -- what the site told its application
 cleft: 0..{max(a.c,1)}; xleft: 0..{max(a.x,1)};
 cut: array[Site] of boolean;                 -- isolated for good (it may go on alone, or be dead)
 lost: array[Site] of array[Site] of boolean; -- lost[s][t]: s has noticed that t is gone, and drained what came from it
 asked: array[Site] of boolean;               -- s has asked about its own attempt for the present lost set
 got: array[Site] of array[Site] of boolean;  -- ... and t has answered 'no'
 {'told: array[Site] of array[No] of array[Site] of No;   -- the decision that s was told of its attempt k; of nobody: none' if a.x else ''}
 {'teller: array[Site] of array[No] of Site;              -- and who told it first' if a.x else ''}
procedure clearRec(var r: Rec); begin r.no:=0; for i: Site do r.touch[i]:=false; end; for l: Lf do r.lf[l].have:=false; for i: Site do r.lf[l].dep[i]:=0; end; end; end;
procedure blank(var m: Msg); begin m.kind:=VAL; m.a:=0; m.k:=0; m.b:=0; m.m:=0; m.h:=0; clearRec(m.rec); m.l:=1; m.leaf.have:=false;
  for i: Site do m.leaf.dep[i]:=0; m.set[i]:=0; m.lost[i]:=false; end; end;
procedure send(s: Site; d: Site; m: Msg);
begin if !cut[s] & !cut[d] then assert "queue" ql[s][d]<Q; q[s][d][ql[s][d]]:=m; ql[s][d]:=ql[s][d]+1; end; end;
procedure pop(s: Site; d: Site);
begin for i: Slot do if i+1<ql[s][d] then q[s][d][i]:=q[s][d][i+1]; end; end;
  blank(q[s][d][ql[s][d]-1]); ql[s][d]:=ql[s][d]-1; end;
procedure gcPtr(s: Site); begin {'for i: Site do ptr[s][i].no:=0; ptr[s][i].nx:=0; end;' if B('ptrgc') else ''} end;
procedure finish(i: Site; k: No; r: Rep);   -- the owner learns the outcome
begin
  if st[i]=waiting & no[i]=k & rep[i][k]=none then
    rep[i][k]:=r; st[i]:=idle; ccl[i]:=false; asked[i]:=false; for t: Site do got[i][t]:=false; end;
    for l: Lf do tou[i][l]:=false; ex[i][l]:=false; end; gcPtr(i);
  else assert "report twice" rep[i][k]=r | rep[i][k]=unknown; end;
end;
-- hand over attempt c (and all that it is together with here) from x to y because of attempt (b,m)
procedure give(x: Site; c: Site; y: Site; b: Site; m: No);
 var inn: array[Site] of boolean; msg: Msg;
begin
  for i: Site do inn[i]:=false; end; inn[c]:=true;
  {'' if B('closure') else 'for r: Site do for i: Site do for j: Site do if inn[i] & hold[x][i].no>0 & hold[x][j].no>0 & (hold[x][i].touch[j] | hold[x][j].touch[i]) then inn[j]:=true; end; end; end; end;'}
  for i: Site do if inn[i] & hold[x][i].no>0 then
    blank(msg); msg.kind:=HAND; msg.a:=i; msg.k:=hold[x][i].no; msg.rec:=hold[x][i]; msg.b:=b; msg.m:=m; send(x,y,msg);
    ptr[x][i].no:=hold[x][i].no; ptr[x][i].nx:=y; {'' if B('twoholders') else 'clearRec(hold[x][i]);'}
  end; end;
end;
-- at x: attempt (c,n) touches attempt (b,m), which is believed to be held at h
procedure touch(x: Site; c: Site; n: No; b: Site; m: No; h: Site);
 var msg: Msg;
begin
  if hold[x][c].no=n then
    hold[x][c].touch[b]:=true;
    if hold[x][b].no=m then hold[x][b].touch[c]:=true;
    elsif h=x then if ptr[x][b].no=m then give(x,c,ptr[x][b].nx,b,m); end;
    elsif h<x then {'if h=b then give(x,c,h,b,m); end;' if B('push') else 'give(x,c,h,b,m);'}
    else {'' if B('push') else 'blank(msg); msg.kind:=TOUCH; msg.a:=b; msg.k:=m; msg.b:=c; msg.m:=n; msg.h:=x; send(x,h,msg);'}
    end;
  elsif ptr[x][c].no=n then {'' if B('push') else 'blank(msg); msg.kind:=TOUCH; msg.a:=c; msg.k:=n; msg.b:=b; msg.m:=m; msg.h:=h; send(x,ptr[x][c].nx,msg);'}
  end;
end;
procedure cancelAt(x: Site; c: Site; n: No);
 var msg: Msg;
begin
  if hold[x][c].no=n then
    clearRec(hold[x][c]); assert "cancel after decision" fate[c][n]!=decided; fate[c][n]:=cancelled;
    if x=c then finish(c,n,failed); else blank(msg); msg.kind:=CANCELLED; msg.a:=c; msg.k:=n; send(x,c,msg); end;
  elsif ptr[x][c].no=n then {'' if B('nochase') else 'blank(msg); msg.kind:=CANCEL; msg.a:=c; msg.k:=n; send(x,ptr[x][c].nx,msg);'}
  end;
end;
procedure leafAt(x: Site; c: Site; n: No; l: Lf; lr: LeafRec);
 var msg: Msg;
begin
  if hold[x][c].no=n{' | (hold[x][c].no>0 & n>0)' if B('stale') else ''} then hold[x][c].lf[l]:=lr;
    for j: Site do if need[c][l][j] then hold[x][c].touch[j]:=true; end; end;
  elsif ptr[x][c].no=n then blank(msg); msg.kind:=LEAF; msg.a:=c; msg.k:=n; msg.l:=l; msg.leaf:=lr; send(x,ptr[x][c].nx,msg);
  end;
end;
-- s learns a decision: remember it, commit its own part
procedure learn(s: Site; set: array[Site] of No);
 var msg: Msg;
begin for i: Site do if set[i]>know[s][i] then know[s][i]:=set[i]; end; end;
  if set[s]>0 then
    """+("""if st[s]=waiting & no[s]=set[s] & rep[s][set[s]]=none then
      for j: Site do if j!=s & set[j]>0 & (exists l: Lf do need[s][l][j] end) then
        blank(msg); msg.kind:=OVER; msg.a:=s; msg.k:=set[s]; msg.set:=set; send(s,j,msg); end; end;
    end;
""" if a.over else "")+f"""    finish(s,set[s],committed);
  end; end;
procedure decideSend(s: Site; d: Site; set: array[Site] of No);
 var msg: Msg;
begin blank(msg); msg.kind:=DECIDE; msg.a:=d; msg.k:=set[d]; msg.set:=set; send(s,d,msg); end;
-- a survivor is asked about (c,n) by c; it follows the authority among the survivors
procedure askAt(x: Site; c: Site; n: No; via: Site; L0: array[Site] of boolean);
 var msg: Msg; set: array[Site] of No;
begin
  if know[x][c]>=n & n>0 & know[x][c]=n then
    for i: Site do set[i]:=0; end; set[c]:=n; decideSend(x,c,set);
  elsif hold[x][c].no=n then cancelAt(x,c,n);    -- whoever asks wants it resolved
  elsif ptr[x][c].no=n & !lost[x][ptr[x][c].nx] & ptr[x][c].nx!=c then
    blank(msg); msg.kind:=ASK; msg.a:=c; msg.k:=n; msg.b:=via; msg.lost:=L0; send(x,ptr[x][c].nx,msg);
  else blank(msg); msg.kind:=NOPE; msg.a:=c; msg.k:=n; msg.b:=via; msg.lost:=L0; send(x,c,msg);
  end;
end;
startstate begin
 for s: Site do
  nl[s]:=0; st[s]:=idle; no[s]:=0; ccl[s]:=false; cut[s]:=false; asked[s]:=false;
  for l: Lf do tou[s][l]:=false; ex[s][l]:=false; for j: Site do need[s][l][j]:=false; end; end;
  for t: Site do seen[s][t]:=0; seenh[s][t]:=t; clearRec(hold[s][t]); ptr[s][t].no:=0; ptr[s][t].nx:=0; ql[s][t]:=0; know[s][t]:=0; lost[s][t]:=false; got[s][t]:=false;
   for i: Slot do blank(q[s][t][i]); end; end;
  for k: No do fate[s][k]:=open; rep[s][k]:=none; {'teller[s][k]:=s; for t: Site do told[s][k][t]:=0; end;' if a.x else ''} end;
 end; cleft:={a.c}; xleft:={a.x};
end;""")
# start with a chosen menu
for i in S:
    for m in menus(i):
        nm='|'.join(''.join(map(str,sorted(s))) for s in m)
        sets=' '.join(f"need[{i}][{l+1}][{j}]:=true;" for l,s in enumerate(m) for j in s)
        P(f'rule "start {i} {nm}" st[{i}]=idle & no[{i}]=0 ==> begin nl[{i}]:={len(m)}; {sets} st[{i}]:=waiting; no[{i}]:=1; clearRec(hold[{i}][{i}]); hold[{i}][{i}].no:=1; end;')
P(f"""ruleset i: Site do
rule "again" st[i]=idle & no[i]>0 & no[i]<K ==> begin st[i]:=waiting; no[i]:=no[i]+1; {'hold[i][i].no:=no[i];' if B('stale') else 'clearRec(hold[i][i]); hold[i][i].no:=no[i];'} end;
rule "stays away" st[i]=idle & {'no[i]<K' if a.may_stay_away else 'no[i]=0 & nl[i]=0'} ==> begin st[i]:=away; end;
rule "timeout" st[i]=waiting & !ccl[i] & cleft>0 ==> begin ccl[i]:=true; cleft:=cleft-1;
  {'if hold[i][i].no=no[i] then cancelAt(i,i,no[i]); else finish(i,no[i],failed); end;' if B('unilateral') else 'cancelAt(i,i,no[i]);'} end;
ruleset l: Lf do
rule "touch" st[i]=waiting & l<=nl[i] & !tou[i][l] & (l=1 | tou[i][l-1]) ==>
 var msg: Msg;
 begin tou[i][l]:=true;
  for j: Site do if need[i][l][j] then
    blank(msg); msg.kind:=VAL; msg.a:=i; msg.k:=no[i]; if hold[i][i].no=no[i] then msg.h:=i; else msg.h:=ptr[i][i].nx; end; send(i,j,msg);
  end; end;
  for j: Site do if need[i][l][j] then
    if seen[i][j]>0 then touch(i,i,no[i],j,seen[i][j],seenh[i][j]); end;
    {'if hold[i][i].no=no[i] & j<i then give(i,i,j,j,0); end;' if B('push') else ''}
  end; end;
 end;
rule "leaf" st[i]=waiting & l<=nl[i] & tou[i][l] & !ex[i][l] & (forall j: Site do need[i][l][j] & j<i -> seen[i][j]>0 end) ==>
 var lr: LeafRec;
 begin ex[i][l]:=true; lr.have:=true; for j: Site do if need[i][l][j] & j<i then lr.dep[j]:=seen[i][j]; else lr.dep[j]:=0; end; end;
  leafAt(i,i,no[i],l,lr); end;
end; end;
""")
# decide: site s, picks
pk=[f"c{i}" for i in S]
P("ruleset s: Site; "+'; '.join(f"{c}: Lf0" for c in pk)+" do")
g=[]
for i in S:
    conds=[f"hold[s][{i}].no>0",f"hold[s][{i}].lf[c{i}].have"]
    for j in S:
        if j==i: continue
        dep = "true" if (j>i or B('staledep')) else f"hold[s][{i}].lf[c{i}].dep[{j}]=hold[s][{j}].no"
        conds.append(f"(need[{i}][c{i}][{j}] -> (c{j}>0 & {dep} & need[{j}][c{j}][{i}]))")
    g.append(f"(c{i}>0 -> ({' & '.join(conds)}))")
P(f"rule \"decide\" ({' | '.join(c+'>0' for c in pk)}) & {' & '.join(g)} ==> var set: array[Site] of No; cc: array[Site] of Lf0; begin")
for i in S: P(f"  cc[{i}]:=c{i};")
P("""  for i: Site do if cc[i]>0 then set[i]:=hold[s][i].no; else set[i]:=0; end; end;
  for i: Site do if set[i]>0 then assert "two rounds overlap, or a cancelled attempt is decided" fate[i][set[i]]=open; fate[i][set[i]]:=decided;
    for j: Site do if need[i][cc[i]][j] then assert "not closed" set[j]>0; 
       if j<i then assert "not agreeing: the values came from another attempt" hold[s][i].lf[cc[i]].dep[j]=set[j]; end; end; end;
  end; end;
  for i: Site do if set[i]>0 then clearRec(hold[s][i]); end; end;
  for i: Site do if set[i]>0 & i!=s then decideSend(s,i,set); end; end;
  learn(s,set);
 end;
end;
ruleset s: Site; d: Site do""")
P(f"""rule "receive" ql[s][d]>0 {'' if B('unordered') else '& !(q[s][d][0].kind=ASK & (exists t: Site do q[s][d][0].lost[t] & !lost[d][t] end))'} ==>""")
P(""" var m: Msg; r: Msg; ok: boolean;
 begin m:=q[s][d][0]; pop(s,d);
  switch m.kind
  case VAL: if m.k>seen[d][m.a] then seen[d][m.a]:=m.k; seenh[d][m.a]:=m.h;
      for l: Lf do if need[d][l][m.a] & m.a<d then ex[d][l]:=false; end; end; end;
    if st[d]=waiting & (exists l: Lf do tou[d][l] & need[d][l][m.a] end) & m.k=seen[d][m.a] then touch(d,d,no[d],m.a,m.k,m.h); end;
  case TOUCH: touch(d,m.a,m.k,m.b,m.m,m.h);
  case HAND: assert "two holders" hold[d][m.a].no=0; hold[d][m.a]:=m.rec;
    if m.a!=s then blank(r); r.kind:=HELD; r.a:=m.a; r.k:=m.k; r.h:=d; send(d,m.a,r); end;""")
P('' if B('forward') else "    if m.m>0 & hold[d][m.b].no!=m.m & ptr[d][m.b].no=m.m then give(d,m.a,ptr[d][m.b].nx,m.b,m.m); end;")
told="if m.set[d]>0 & told[d][m.set[d]][d]=0 then told[d][m.set[d]]:=m.set; teller[d][m.set[d]]:=s; end;" if a.x else ''
P(f"""  case LEAF: leafAt(d,m.a,m.k,m.l,m.leaf);
  case CANCEL: cancelAt(d,m.a,m.k);
  case CANCELLED: finish(d,m.k,failed);
  case DECIDE: {told} learn(d,m.set);
  case OVER: {told} learn(d,m.set);
  case ASK: askAt(d,m.a,m.k,m.b,m.lost);
  case HELD: if ptr[d][d].no=m.k & m.h<ptr[d][d].nx then ptr[d][d].nx:=m.h; end;   -- a shortening only
  case NOPE: if st[d]=waiting & no[d]=m.k then
      ok:=true; for t: Site do if lost[d][t] & !m.lost[t] then ok:=false; end; end; if ok{' | true' if B('noset') else ''} then got[d][m.b]:=true; end;
    end;
  end;
 end;
end;
""")
if a.x:
    lose=[int(c) for c in a.lose] if a.lose else list(S)
    P("ruleset t: Site do rule \"isolate\" xleft>0 & !cut[t] & ("+' | '.join(f't={i}' for i in lose)+") ==> begin cut[t]:=true; xleft:=xleft-1; end; end;")
    P("""-- s notices the loss of t: any tail of what was in flight is gone. It asks about its own attempt anew.
ruleset s: Site; t: Site do
rule "notice loss" s!=t & (cut[s] | cut[t]) & !lost[s][t] ==>
 begin while ql[t][s]>0 do pop(t,s); end; lost[s][t]:=true; asked[s]:=false; for u: Site do got[s][u]:=false; end;
  -- rule 20: what t has told is passed on
  for k: No do if told[s][k][s]>0 & teller[s][k]=t then
    for u: Site do if u!=s & !lost[s][u] & told[s][k][u]>0 & know[s][u]<=told[s][k][u] then decideSend(s,u,told[s][k]); end; end;
  end; end;
 end;
end;
ruleset s: Site do
rule "nothing in doubt" st[s]=waiting & hold[s][s].no=no[s] & (exists t: Site do lost[s][t] end) ==> begin cancelAt(s,s,no[s]); end;""")
    if B('guess'): P('rule "guess" st[s]=waiting & hold[s][s].no!=no[s] & lost[s][ptr[s][s].nx] ==> begin finish(s,no[s],failed); end;')
    if B('noask'): P('rule "give up" st[s]=waiting & hold[s][s].no!=no[s] & lost[s][ptr[s][s].nx] ==> begin finish(s,no[s],unknown); end;')
    P("""rule "ask" st[s]=waiting & hold[s][s].no!=no[s] & !asked[s] & (exists t: Site do lost[s][t] end) ==>
 var m: Msg;
 begin asked[s]:=true; for t: Site do if t!=s & !lost[s][t] then
   blank(m); m.kind:=ASK; m.a:=s; m.k:=no[s]; m.b:=t; m.lost:=lost[s]; send(s,t,m); end; end; end;
rule "unknown" st[s]=waiting & hold[s][s].no!=no[s] & asked[s] & (forall t: Site do t!=s & !lost[s][t] -> got[s][t] end) ==>
 begin finish(s,no[s],unknown); end;
end;""")
g2=[]
for i in S:
    cs=["st[%d]=waiting"%i, f"c{i}<=nl[{i}]"]+[f"(need[{i}][c{i}][{j}] -> (c{j}>0 & need[{j}][c{j}][{i}]))" for j in S if j!=i]
    g2.append(f"(c{i}>0 -> ({' & '.join(cs)}))")
ex="(exists c0: Lf0 do "+' '.join(f"exists c{i}: Lf0 do" for i in S if i)+f" ({' | '.join(c+'>0' for c in pk)}) & "+' & '.join(g2)+" end"*N+")"
P(f"""rule "quiet" (forall s: Site do forall d: Site do ql[s][d]=0 end end) & (forall s: Site do !ccl[s] end)
  & {'(forall s: Site do (exists t: Site do lost[s][t] end) -> st[s]!=waiting | exists t: Site do !lost[s][t] & hold[t][s].no=no[s] end end)' if a.x else 'true'}
  & ({'exists t: Site do cut[t] end | ' if a.x else ''}!{ex}) ==> begin end;
invariant "reports agree with the fate" forall i: Site do forall k: No do
   (rep[i][k]=committed -> fate[i][k]=decided) & (rep[i][k]=failed -> fate[i][k]=cancelled) end end;
invariant "one holder" forall i: Site do forall s: Site do forall t: Site do s!=t & hold[s][i].no>0 -> hold[s][i].no!=hold[t][i].no end end end;
""")
# survivors agree: among not-cut sites with the same decided round: not one committed and the other unknown. (rounds: attempts decided together; track by know)
if a.x:
    P("""invariant "survivors agree" forall i: Site do forall j: Site do forall k: No do forall m: No do
   (i!=j & !cut[i] & !cut[j] & rep[i][k]=committed & know[i][i]>=k & know[i][j]=m & m>0) -> rep[j][m]!=unknown end end end end;
invariant "nobody isolated says unknown without cause" forall i: Site do forall k: No do rep[i][k]=unknown -> exists t: Site do lost[i][t] end end end;""")
print('\n'.join(out))

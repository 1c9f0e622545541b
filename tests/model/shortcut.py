#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the Murphi model (for rumur) of the shortcut of docs/deciding.md: attempts with exactly one behaviour (all sites in one round, as
applications that step together), mixed with attempts that have alternatives (which are decided by site 0, the lowest) and with ones whose
leaf fits no other, cancellation, successors, and loss of sites. src/rounds/publishing.cpp and finals.cpp are what it is a model of.
usage: shortcut.py [-n SITES] [-k ATTEMPTS] [-c CANCELS] [-x LOSSES] [-m MIXED ATTEMPTS] [-o ODD LEAVES] [-q QUEUE] [--bug NAME]
 --bug unilateral  a site cancels on its own after publishing
       relpub      a site that has published agrees to cancel another's attempt
       nofloor     the site that agreed forgets it: its own leaf does not say whom it has released
       localfloor  it remembers, but its leaf does not say so: a third site does not know
       floorreset  what was released is forgotten after the next own attempt
       mixed       an attempt with alternatives is taken for final-and-only by its peers
       overwrite   a newer leaf of a peer replaces the older one
       askone      a canceller does not release the leaves it has received from others (they wait on: stuck)
       anyleaf     leaves are matched without regard to floors at all, newest first
       latecancel  a site that is outside a call agrees to cancel an attempt it has already committed with
       forgetdoubt a site that has reported 'unknown' counts as one that has not published
       forgetcancel  a cancel that arrives while the receiver is still published for the round before is dropped
       nodone      floors contain what was released but not what was committed
       guess       a published site that lost a peer reports failed
       noask       ... reports unknown without asking
       noset       answers are accepted without regard to which losses they had seen
       anystep     a site that takes the general way releases leaves of other steps than its next one, too
       nodrain     a survivor answers before it has noticed the loss itself
"""
import argparse
ap=argparse.ArgumentParser()
for o,d in (('n',3),('k',1),('c',0),('x',0),('m',0),('o',0),('q',8)): ap.add_argument('-'+o,type=int,default=d)
ap.add_argument('--bug',default=''); ap.add_argument('--may-stay-away',action='store_true')
ap.add_argument('--last',action='store_true',help='start where all have published and only the last site\'s leaves are still on their way')
a=ap.parse_args(); N,K=a.n,a.k; B=lambda s:a.bug==s; S=range(N)
out=[]; P=out.append
P(f"""-- written by shortcut.py {vars(a)}
const N: {N}; K: {K}; Q: {a.q};
type Site: 0..N-1; No: 0..K; N1: 1..K; Len: 0..Q; Slot: 0..Q-1;
 Kind: enum {{ LEAF, RELEASE, CANCEL, CANCELLED, HAND, DECIDE, ASK, ANS }};
 Mode: enum {{ idle, away, pub, home, handed, doubt }};   -- of the site's own attempt: published / authority at home / authority given to site 0
 Fate: enum {{ open, decided, cancelled }}; Rep: enum {{ none, committed, failed, unknown }};
 Vec: array[Site] of No; Flags: array[Site] of boolean;
 Msg: record kind: Kind; a: Site; k: No; fl: Vec; why: boolean; odd: boolean; step: No; lost: Flags; lv: array[Site] of array[N1] of boolean; lo: array[Site] of array[N1] of boolean; lf: array[Site] of array[N1] of Vec; end;
var
 mode: array[Site] of Mode; no: Vec; ccl: Flags; mix: Flags;
 steps: Vec;                       -- rounds that s has been in
 general: array[N1] of boolean;    -- ghost: somebody had alternatives in this step, or a leaf that fits no other
 odd: array[Site] of array[Site] of array[N1] of boolean;   -- of the leaves at hand: it fits no other
 lstep: array[Site] of array[Site] of array[N1] of No;      -- and its step
 has: array[Site] of array[Site] of array[N1] of boolean; fl: array[Site] of array[Site] of array[N1] of Vec;
 pc: array[Site] of Vec;           -- cancels that came while s was itself published: answered when it no longer is
 done: array[Site] of Vec;         -- done[s][j]: s has committed a round with this attempt of j
 rel: array[Site] of Vec;          -- rel[s][j]: s will never take part with an attempt of j up to this number by the shortcut
 hold: Vec;                        -- authority at site 0
 know: array[Site] of array[N1] of Vec; -- know[s][k]: the set with which s committed its attempt k
 q: array[Site] of array[Site] of array[Slot] of Msg; ql: array[Site] of array[Site] of Len;
 fate: array[Site] of array[N1] of Fate; rep: array[Site] of array[N1] of Rep; part: array[Site] of array[N1] of Vec;
 cleft: 0..{max(a.c,1)}; xleft: 0..{max(a.x,1)}; mleft: 0..{max(a.m,1)}; oleft: 0..{max(a.o,1)};
 cut: Flags; lost: array[Site] of Flags; asked: Flags; got: array[Site] of Flags;
procedure blank(var m: Msg); begin m.kind:=LEAF; m.a:=0; m.k:=0; m.why:=false; m.odd:=false; m.step:=0; for i: Site do m.fl[i]:=0; m.lost[i]:=false; for k: N1 do m.lv[i][k]:=false; m.lo[i][k]:=false; for j: Site do m.lf[i][k][j]:=0; end; end; end; end;
procedure send(s: Site; d: Site; m: Msg);
begin if !cut[s] & !cut[d] then assert "queue" ql[s][d]<Q; q[s][d][ql[s][d]]:=m; ql[s][d]:=ql[s][d]+1; end; end;
procedure pop(s: Site; d: Site);
begin for i: Slot do if i+1<ql[s][d] then q[s][d][i]:=q[s][d][i+1]; end; end; blank(q[s][d][ql[s][d]-1]); ql[s][d]:=ql[s][d]-1; end;
procedure simple(s: Site; d: Site; kind: Kind; x: Site; k: No; why: boolean);
 var m: Msg; begin blank(m); m.kind:=kind; m.a:=x; m.k:=k; m.why:=why; send(s,d,m); end;
procedure finish(i: Site; r: Rep);
begin
  assert "finish twice" rep[i][no[i]]=none; rep[i][no[i]]:=r; if r=unknown then mode[i]:={'idle' if B('forgetdoubt') else 'doubt'}; else mode[i]:=idle; end; ccl[i]:=false; mix[i]:=false; asked[i]:=false;
  for t: Site do got[i][t]:=false; end;
  if r=failed then assert "failed what was decided" fate[i][no[i]]!=decided; fate[i][no[i]]:=cancelled; end;
  for j: Site do if pc[i][j]>0 & mode[i]=idle then if pc[i][j]>rel[i][j] & pc[i][j]>done[i][j] then rel[i][j]:=pc[i][j]; simple(i,j,RELEASE,j,pc[i][j],true); end; pc[i][j]:=0; end; end;
  {'for j: Site do rel[i][j]:=0; end;' if B('floorreset') else ''}
end;
procedure commit(i: Site; set: Vec);
begin
  for j: Site do assert "commits a cancelled attempt" fate[j][set[j]]!=cancelled;
    if fate[j][set[j]]=decided then for x: Site do assert "two rounds overlap" part[j][set[j]][x]=set[x]; end; end;
    fate[j][set[j]]:=decided; part[j][set[j]]:=set; end; steps[i]:=steps[i]+1;
  know[i][no[i]]:=set; {'' if B('latecancel') else 'for j: Site do done[i][j]:=set[j]; end;'}
  for j: Site do for k: N1 do if k<=set[j] then has[i][j][k]:=false; odd[i][j][k]:=false; lstep[i][j][k]:=0; for x: Site do fl[i][j][k][x]:=0; end; end; end; end;
  finish(i,committed);
end;
-- i gives back every leaf it has received: it will never complete a shortcut with one of them
procedure releaseAll(i: Site; why: boolean);
begin {'' if B('askone') else 'for j: Site do if j!=i then for k: N1 do if has[i][j][k] & k>rel[i][j] & ' + ('true' if B('anystep') else '(why | lstep[i][j][k]=steps[i]+1)') + ' then rel[i][j]:=k; simple(i,j,RELEASE,j,k,why); end; end; end; end;'} end;
procedure publish(i: Site; o: boolean);
 var m: Msg;
begin mode[i]:=pub; odd[i][i][no[i]]:=o; lstep[i][i][no[i]]:=steps[i]+1; has[i][i][no[i]]:=true; {'' if B('nofloor') else 'for x: Site do if done[i][x]>rel[i][x] & NODONE then fl[i][i][no[i]][x]:=done[i][x]; else fl[i][i][no[i]][x]:=rel[i][x]; end; end;'}
  blank(m); m.kind:=LEAF; m.a:=i; m.k:=no[i]; m.odd:=o; m.step:=steps[i]+1; {'' if B('localfloor') else 'm.fl:=fl[i][i][no[i]];'}
  for j: Site do if j!=i then send(i,j,m); end; end; end;
procedure cancelHeld();        -- site 0 cancels what it holds (the round of all)
begin for j: Site do if hold[j]>0 then
    if j=0 then hold[0]:=0; finish(0,failed); else assert "cancel after decision" fate[j][hold[j]]!=decided; fate[j][hold[j]]:=cancelled; simple(0,j,CANCELLED,j,hold[j],true); hold[j]:=0; end;
  end; end; end;
procedure handOver(i: Site);   -- from home to the lowest
begin if i=0 then hold[0]:=no[0]; mode[0]:=handed; if exists t: Site do lost[0][t] end then cancelHeld(); end; else mode[i]:=handed; simple(i,0,HAND,i,no[i],false); end; end;
-- the leaves are no round: everybody who has them all says so, and goes the general way
procedure refuse(i: Site; set: Vec);
begin
  for j: Site do if set[j]>rel[i][j] & {'j=i' if B('ownodd') else 'true'} then rel[i][j]:=set[j]; end;
    for k: N1 do if k<=set[j] then has[i][j][k]:=false; odd[i][j][k]:=false; lstep[i][j][k]:=0; for x: Site do fl[i][j][k][x]:=0; end; end; end; end;
  mode[i]:=home; releaseAll(i,false);
  if ccl[i] | (exists t: Site do lost[i][t] end) then finish(i,failed); else handOver(i); end;
end;
startstate begin
 for s: Site do mode[s]:=idle; no[s]:=0; ccl[s]:=false; mix[s]:=false; hold[s]:=0; cut[s]:=false; asked[s]:=false;
  for k: N1 do fate[s][k]:=open; rep[s][k]:=none; for x: Site do part[s][k][x]:=0; know[s][k][x]:=0; end; end;
  for t: Site do pc[s][t]:=0; rel[s][t]:=0; done[s][t]:=0; ql[s][t]:=0; lost[s][t]:=false; got[s][t]:=false; for i: Slot do blank(q[s][t][i]); end;
    for k: N1 do has[s][t][k]:=false; odd[s][t][k]:=false; lstep[s][t][k]:=0; for x: Site do fl[s][t][k][x]:=0; end; end; end; steps[s]:=0; end;
 cleft:={a.c}; xleft:={a.x}; mleft:={a.m}; oleft:={a.o}; for k: N1 do general[k]:=false; end;
 {'for s: Site do no[s]:=1; mode[s]:=pub; for t: Site do if t!=N-1 | s=N-1 then has[s][t][1]:=true; end; end; end; for s: Site do if s!=N-1 then simple(N-1,s,LEAF,N-1,1,false); end; end;' if a.last else ''}
end;
ruleset i: Site do
rule "sync, final and only" mode[i]=idle & no[i]<K & !(exists t: Site do lost[i][t] end) ==> begin no[i]:=no[i]+1; publish(i,false); end;
rule "sync, with a leaf that fits no other" mode[i]=idle & no[i]<K & oleft>0 & !(exists t: Site do lost[i][t] end) ==> begin oleft:=oleft-1; no[i]:=no[i]+1; general[steps[i]+1]:=true; publish(i,true); end;
rule "sync, with alternatives" mode[i]=idle & no[i]<K & mleft>0 & !(exists t: Site do lost[i][t] end) ==> begin mleft:=mleft-1; no[i]:=no[i]+1; mix[i]:=true; general[steps[i]+1]:=true;
   releaseAll(i,false); {'publish(i,false);' if B('mixed') else ''} handOver(i); end;
rule "stays away" mode[i]=idle & {'no[i]<K' if a.may_stay_away else 'false'} ==> begin mode[i]:=away; end;
rule "timeout" mode[i]!=idle & mode[i]!=away & mode[i]!=doubt & !ccl[i] & cleft>0 ==>
 begin cleft:=cleft-1; ccl[i]:=true;
  if mode[i]=pub then {'finish(i,failed);' if B('unilateral') else 'for j: Site do if j!=i then simple(i,j,CANCEL,i,no[i],true); end; end;'}
  elsif i=0 then cancelHeld();
  else simple(i,0,CANCEL,i,no[i],true); end;
 end;
end;""")
pk=[f"n{i}" for i in S]
conds=[f"has[s][{i}][n{i}]" for i in S]
if not B('anyleaf'): conds+=[f"n{x}>fl[s][{y}][n{y}][{x}]" for x in S for y in S if x!=y]
sel=" & ".join(f"(s={i} -> n{i}=no[s])" for i in S)
P("ruleset s: Site; "+'; '.join(f"{p}: N1" for p in pk)+" do")
P(f'rule "commit" mode[s]=pub & {sel} & {" & ".join(conds)} ==> var set: Vec; begin '+' '.join(f"set[{i}]:=n{i};" for i in S)+" if "+' | '.join(f"odd[s][{i}][n{i}]" for i in S)+" then refuse(s,set); else commit(s,set); end; end; end;")
P(f"""rule "decide" forall i: Site do hold[i]>0 end ==> var set: Vec; m: Msg;
begin set:=hold; for j: Site do hold[j]:=0; end; blank(m); m.kind:=DECIDE; m.fl:=set; for j: Site do if j!=0 then m.a:=j; m.k:=set[j]; send(0,j,m); end; end; commit(0,set); end;
ruleset s: Site; d: Site do
rule "receive" ql[s][d]>0 {'' if B('nodrain') else '& !(q[s][d][0].kind=ASK & (exists t: Site do q[s][d][0].lost[t] & !lost[d][t] end))'} ==>
 var m: Msg; r: Msg; ok: boolean;
 begin m:=q[s][d][0]; pop(s,d);
  switch m.kind
  case LEAF: {'for k: N1 do has[d][m.a][k]:=false; end;' if B('overwrite') else ''} has[d][m.a][m.k]:=true; odd[d][m.a][m.k]:=m.odd; lstep[d][m.a][m.k]:=m.step; fl[d][m.a][m.k]:=m.fl;
    if (mode[d]=handed | mode[d]=home) & m.k>rel[d][m.a] & m.k>done[d][m.a]{'' if B('anystep') else ' & m.step=steps[d]+1'} then rel[d][m.a]:=m.k; simple(d,m.a,RELEASE,m.a,m.k,false); end;
  case RELEASE: if no[d]=m.k & mode[d]=pub then
      assert "the general way for nothing" m.why | general[lstep[d][d][m.k]];
      has[d][d][m.k]:=false; odd[d][d][m.k]:=false; lstep[d][d][m.k]:=0; for x: Site do fl[d][d][m.k][x]:=0; end;
      mode[d]:=home; releaseAll(d,m.why);
      if ccl[d] | m.why | (exists t: Site do lost[d][t] end) then finish(d,failed); else handOver(d); end;
    end;
  case CANCEL:
    if d=0 & hold[m.a]=m.k then cancelHeld();
    elsif {'true' if B('relpub') else 'mode[d]!=pub & mode[d]!=doubt'} & m.k>rel[d][m.a] & m.k>done[d][m.a] then
      rel[d][m.a]:=m.k; simple(d,m.a,RELEASE,m.a,m.k,true);
    {'' if B('forgetcancel') else 'elsif mode[d]=pub & m.k>pc[d][m.a] then pc[d][m.a]:=m.k;'} end;
  case CANCELLED: if no[d]=m.k & mode[d]=handed then finish(d,failed); end;
  case HAND: if exists t: Site do lost[0][t] end then fate[m.a][m.k]:=cancelled; simple(0,m.a,CANCELLED,m.a,m.k,true); else hold[m.a]:=m.k; end;
  case DECIDE: if no[d]=m.k & mode[d]!=idle & mode[d]!=away & m.k>0 then commit(d,m.fl); end;
  case ASK: -- about (m.a,m.k)
    ok:=false;
    for k: N1 do if know[d][k][m.a]=m.k then blank(r); r.kind:=DECIDE; r.a:=m.a; r.k:=m.k; r.fl:=know[d][k]; send(d,m.a,r); ok:=true; end; end;
    if !ok then
      if m.why then if d=0 & hold[m.a]=m.k then cancelHeld(); else blank(r); r.kind:=ANS; r.a:=m.a; r.k:=m.k; r.lost:=m.lost; send(d,m.a,r); end;
      elsif (mode[d]!=pub & mode[d]!=doubt & m.k>done[d][m.a]) | rel[d][m.a]>=m.k then if m.k>rel[d][m.a] then rel[d][m.a]:=m.k; end; simple(d,m.a,RELEASE,m.a,m.k,true);
      else blank(r); r.kind:=ANS; r.a:=m.a; r.k:=m.k; r.lost:=m.lost; r.lv:=has[d]; r.lo:=odd[d]; r.lf:=fl[d]; send(d,m.a,r); end;
    end;
  case ANS: if no[d]=m.k & (mode[d]=pub | mode[d]=handed) then
      for j: Site do if j!=d then for k: N1 do if m.lv[j][k] & !has[d][j][k] & mode[d]=pub & (forall y: N1 do know[d][y][j]<k end) then has[d][j][k]:=true; odd[d][j][k]:=m.lo[j][k]; fl[d][j][k]:=m.lf[j][k]; end; end; end; end;
      ok:={'true' if B('noset') else '!(exists t: Site do lost[d][t] & !m.lost[t] end)'}; if ok & !m.why then got[d][s]:=true; end;
    end;
  end;
 end;
end;""")
if a.x:
    can=" | ".join("("+" & ".join(["mode[s]=pub"]+[f"(s={i} -> n{i}=no[s])" for i in S]+conds)+")" for _ in [0])
    canq=' '.join(f"exists {p}: N1 do" for p in pk)+" "+can+" end"*N
    P("""ruleset t: Site do rule "isolate" xleft>0 & !cut[t] ==> begin cut[t]:=true; xleft:=xleft-1; end; end;
ruleset s: Site; t: Site do
rule "notice loss" s!=t & (cut[s] | cut[t]) & !lost[s][t] ==>
 begin while ql[t][s]>0 do pop(t,s); end; lost[s][t]:=true; asked[s]:=false; for u: Site do got[s][u]:=false; end;
  if s=0 then cancelHeld(); end; end;
end;
ruleset s: Site do""")
    if B('guess'): P('rule "guess" mode[s]=pub & (exists t: Site do lost[s][t] end) ==> begin finish(s,failed); end;')
    if B('noask'): P('rule "give up" mode[s]=pub & (exists t: Site do lost[s][t] end) ==> begin finish(s,unknown); end;')
    P(f"""rule "ask" (mode[s]=pub | (mode[s]=handed & s!=0)) & !asked[s] & (exists t: Site do lost[s][t] end) ==>
 var m: Msg; begin asked[s]:=true; blank(m); m.kind:=ASK; m.a:=s; m.k:=no[s]; m.lost:=lost[s]; m.why:=(mode[s]=handed);
   for t: Site do if t!=s & !lost[s][t] then send(s,t,m); end; end; end;
rule "unknown" (mode[s]=pub | (mode[s]=handed & s!=0)) & asked[s] & (forall t: Site do t!=s & !lost[s][t] -> got[s][t] end) & !({canq}) ==> begin finish(s,unknown); end;
end;
invariant "survivors agree" forall i: Site do forall j: Site do forall k: N1 do
  !cut[i] & !cut[j] & rep[i][k]=committed & know[i][k][j]>0 -> rep[j][know[i][k][j]]!=unknown end end end;
invariant "unknown needs a loss" forall i: Site do forall k: N1 do rep[i][k]=unknown -> exists t: Site do lost[i][t] end end end;""")
P(f"""rule "quiet" (forall s: Site do forall d: Site do ql[s][d]=0 end end) & (forall s: Site do !ccl[s] end)
  & {'((exists t: Site do cut[t] end) -> forall s: Site do mode[s]=idle | mode[s]=away | mode[s]=doubt end) &' if a.x else ''} !(forall s: Site do mode[s]!=idle & mode[s]!=away & mode[s]!=doubt end) ==> begin end;
invariant "reports agree with the fate" forall i: Site do forall k: N1 do (rep[i][k]=committed -> fate[i][k]=decided) & (rep[i][k]=failed -> fate[i][k]=cancelled) end end;
""")
print('\n'.join(out).replace('NODONE','false' if B('nodone') else 'true'))

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the Murphi model (for rumur) of the general algorithm of docs/deciding.md: authority, hand-over,
touch, decision, cancel, loss of sites. src/rounds/arbiter.cpp and losses.cpp are what it is a model of.
usage: general.py [-n COMPONENTS] [-l LEAVES] [-k ATTEMPTS] [-c CANCELS] [-x LOSSES] [-q QUEUE] [--bug NAME] [--menu SPEC] [--live]
 --at    e.g. "0,1,2,2": the site of each component; without it, component i is site i's. Attempts of two components of one
         site touch there, once: when the second of them uses the channel, as Arbiter::touch is called; the holders of both are
         told, of either of them first.
         Not with -x, which is of one component a site.
 --menu  e.g. "0:1|2;1:0;2:0|01" fixes the leaves: component 0 has leaves {1} and {2}, 1 has {0}, 2 has {0} and {0,1};
         without it, every attempt's leaves are chosen freely.
 --begun all have begun already: fewer states, and no less, if everybody comes: who has not used a channel might as well not be there
 --prompt a leaf is complete in the step in which all that it depends on is there, as in src/runtime; without it, any time later
 --over  who commits tells those it shares a channel with, with the whole decision (rule 8)
 --bug   push       authority only ever pushed to the lowest site an attempt itself touches (the text as written); no TOUCH
         overtaken  who owns both of two attempts that touch tells the holder of one only, who tells that of the other (the text
                    as written): that may come before the other attempt, and is dropped then
         roundabout the same, but what comes before the attempt is sent to its owner, from where it follows
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
ap.add_argument('--bug',default=''); ap.add_argument('--menu',default=''); ap.add_argument('--at',default='')
ap.add_argument('--may-stay-away',action='store_true'); ap.add_argument('--over',action='store_true'); ap.add_argument('--lose',default='')
ap.add_argument('--begun',action='store_true'); ap.add_argument('--prompt',action='store_true')
a=ap.parse_args(); N,L,K=a.n,a.l,a.k; B=lambda s: a.bug==s
S=range(N); out=[]; P=out.append             # S: the components
AT=[int(c) for c in a.at.split(',')] if a.at else list(S); M=max(AT)+1; own=AT!=list(S)
if len(AT)!=N: ap.error('--at names a site for each of the -n components')
if a.begun and (not a.menu or a.may_stay_away): ap.error('--begun is with --menu, and without --may-stay-away')
if a.x and own: ap.error('-x is for one component a site, without --at')
at=lambda i: f'at({i})' if own else i        # the site of a component
here=any(AT[i]==AT[j] for i in S for j in S if i!=j)
remote=lambda i,j: f' & {at(i)}!={at(j)}' if here else ''
def tell(c,n,b,m,h,to):                      # TOUCH(c; b, h)
    return '' if B('push') else f"blank(msg); msg.kind:=TOUCH; msg.a:={c}; msg.k:={n}; msg.b:={b}; msg.m:={m}; msg.h:={h}; send(x,{to},msg);"
def menus(i):
    if a.menu:
        spec=dict(p.split(':') for p in a.menu.split(';'))
        return [[frozenset(int(c) for c in s) for s in spec[str(i)].split('|')]] if str(i) in spec else []
    subs=[frozenset(c) for r in range(1,N) for c in itertools.combinations([j for j in S if j!=i],r)]
    return [list(m) for r in range(1,L+1) for m in itertools.combinations(subs,r)]
asking="""-- a survivor is asked about (c,n) by c; it follows the authority among the survivors
procedure askAt(x: Site; c: Comp; n: No; via: Site; L0: array[Site] of boolean);
 var msg: Msg; set: array[Comp] of No;
begin
  if know[x][c]>=n & n>0 & know[x][c]=n then
    for i: Comp do set[i]:=0; end; set[c]:=n; decideSend(x,c,set);
  elsif hold[x][c].no=n then cancelAt(x,c,n);    -- whoever asks wants it resolved
  elsif ptr[x][c].no=n & !lost[x][ptr[x][c].nx] & ptr[x][c].nx!=c then
    blank(msg); msg.kind:=ASK; msg.a:=c; msg.k:=n; msg.h:=via; msg.lost:=L0; send(x,ptr[x][c].nx,msg);
  else blank(msg); msg.kind:=NOPE; msg.a:=c; msg.k:=n; msg.h:=via; msg.lost:=L0; send(x,c,msg);
  end;
end;"""
P(f"""-- written by general.py {vars(a)}
const N: {N}; M: {M}; L: {L}; K: {K}; Q: {a.q};
type Comp: 0..N-1; Site: 0..M-1; Lf: 1..L; Lf0: 0..L; No: 0..K; Len: 0..Q; Slot: 0..Q-1;
 Kind: enum {{ VAL, TOUCH, HAND, LEAF, HELD, CANCEL, CANCELLED, DECIDE, OVER, ASK, NOPE }};
 St: enum {{ idle, waiting, away }};
 Fate: enum {{ open, decided, cancelled }};
 Rep: enum {{ none, committed, failed, unknown }};
 LeafRec: record have: boolean; dep: array[Comp] of No; end;
 Rec: record no: No; touch: array[Comp] of boolean; lf: array[Lf] of LeafRec; end;
 Ptr: record no: No; nx: Site; end;
 Msg: record kind: Kind; a: Comp; k: No;      -- the attempt (a,k) it is about
   b: Comp; m: No; h: Site;                   -- the other attempt (b,m), believed to be held at h; VAL: who gets it; ASK: who is asked
   rec: Rec; l: Lf;                           -- HAND: all that is known of it; LEAF: leaf l in it
   set: array[Comp] of No; {'lost: array[Site] of boolean;' if a.x else ''} end;
var
 need: array[Comp] of array[Lf] of array[Comp] of boolean;  nl: array[Comp] of Lf0;
 st: array[Comp] of St; no: array[Comp] of No; ccl: array[Comp] of boolean;
 tou: array[Comp] of array[Lf] of boolean; ex: array[Comp] of array[Lf] of boolean;
 seen: array[Comp] of array[Comp] of No; seenh: array[Comp] of array[Comp] of Site;  -- of whom a component has got a value
 hold: array[Site] of array[Comp] of Rec; ptr: array[Site] of array[Comp] of Ptr;
 know: array[Site] of array[Comp] of No;      -- know[s][i]=k: s knows a decision that contains attempt (i,k)
 q: array[Site] of array[Site] of array[Slot] of Msg; ql: array[Site] of array[Site] of Len;
 fate: array[Comp] of array[No] of Fate;      -- ghost: what was really decided
 rep: array[Comp] of array[No] of Rep;        -- what the component was told
 cleft: 0..{max(a.c,1)}; xleft: 0..{max(a.x,1)};
 cut: array[Site] of boolean;                 -- isolated for good (it may go on alone, or be dead)
 lost: array[Site] of array[Site] of boolean; -- lost[s][t]: s has noticed that t is gone, and drained what came from it
 asked: array[Comp] of boolean;               -- its site has asked about the attempt for the present lost set
 got: array[Comp] of array[Site] of boolean;  -- ... and t has answered 'no'
 {'told: array[Comp] of array[No] of array[Comp] of No;   -- the decision that s was told of its attempt k; of nobody: none' if a.x else ''}
 {'teller: array[Comp] of array[No] of Site;              -- and who told it first' if a.x else ''}
{'function at(c: Comp): Site; begin '+' els'.join(f'if c={i} then return {AT[i]};' for i in S)+' end; end;' if own else ''}
procedure clearRec(var r: Rec); begin r.no:=0; for i: Comp do r.touch[i]:=false; end; for l: Lf do r.lf[l].have:=false; for i: Comp do r.lf[l].dep[i]:=0; end; end; end;
procedure blank(var m: Msg); begin m.kind:=VAL; m.a:=0; m.k:=0; m.b:=0; m.m:=0; m.h:=0; clearRec(m.rec); m.l:=1;
  for i: Comp do m.set[i]:=0; end; {'for i: Site do m.lost[i]:=false; end;' if a.x else ''} end;
procedure send(s: Site; d: Site; m: Msg);
begin if !cut[s] & !cut[d] then assert "queue" ql[s][d]<Q; q[s][d][ql[s][d]]:=m; ql[s][d]:=ql[s][d]+1; end; end;
procedure pop(s: Site; d: Site);
begin for i: Slot do if i+1<ql[s][d] then q[s][d][i]:=q[s][d][i+1]; end; end;
  blank(q[s][d][ql[s][d]-1]); ql[s][d]:=ql[s][d]-1; end;
procedure gcPtr(s: Site); begin {'for i: Comp do ptr[s][i].no:=0; ptr[s][i].nx:=0; end;' if B('ptrgc') else ''} end;
procedure finish(i: Comp; k: No; r: Rep);   -- the owner learns the outcome
begin
  if st[i]=waiting & no[i]=k & rep[i][k]=none then
    rep[i][k]:=r; st[i]:=idle; ccl[i]:=false; asked[i]:=false; for t: Site do got[i][t]:=false; end;
    for l: Lf do tou[i][l]:=false; ex[i][l]:=false; end; gcPtr({at('i')});
  else assert "report twice" rep[i][k]=r | rep[i][k]=unknown; end;
end;
-- hand over attempt c (and all that it is together with here) from x to y because of attempt (b,m)
procedure give(x: Site; c: Comp; y: Site; b: Comp; m: No);
 var inn: array[Comp] of boolean; msg: Msg;
begin
  for i: Comp do inn[i]:=false; end; inn[c]:=true;
  {'' if B('closure') else 'for r: Comp do for i: Comp do for j: Comp do if inn[i] & hold[x][i].no>0 & hold[x][j].no>0 & (hold[x][i].touch[j] | hold[x][j].touch[i]) then inn[j]:=true; end; end; end; end;'}
  for i: Comp do if inn[i] & hold[x][i].no>0 then
    blank(msg); msg.kind:=HAND; msg.a:=i; msg.k:=hold[x][i].no; msg.rec:=hold[x][i]; msg.b:=b; msg.m:=m; send(x,y,msg);
    ptr[x][i].no:=hold[x][i].no; ptr[x][i].nx:=y; {'' if B('twoholders') else 'clearRec(hold[x][i]);'}
  end; end;
end;
-- at x: attempt (c,n) touches attempt (b,m), which is believed to be held at h
procedure touch(x: Site; c: Comp; n: No; b: Comp; m: No; h: Site);
 var msg: Msg;
begin
  if hold[x][c].no=n then
    hold[x][c].touch[b]:=true;
    if hold[x][b].no=m then hold[x][b].touch[c]:=true;
    elsif h=x then if ptr[x][b].no=m then give(x,c,ptr[x][b].nx,b,m); end;
    elsif h<x then {f"if h={at('b')} then give(x,c,h,b,m); end;" if B('push') else 'give(x,c,h,b,m);'}
    else {tell('b','m','c','n','x','h')}
    end;
  elsif ptr[x][c].no=n then {tell('c','n','b','m','h','ptr[x][c].nx')}
  {f"elsif {at('c')}!=x & know[x][c]<n then " + tell('c','n','b','m','h',at('c')) if B('roundabout') else ''}
  end;
end;
{"function holder(x: Site; c: Comp): Site; begin if hold[x][c].no=no[c] then return x; else return ptr[x][c].nx; end; end;" if here else ''}
procedure cancelAt(x: Site; c: Comp; n: No);
 var msg: Msg;
begin
  if hold[x][c].no=n then
    clearRec(hold[x][c]); assert "cancel after decision" fate[c][n]!=decided; fate[c][n]:=cancelled;
    if x={at('c')} then finish(c,n,failed); else blank(msg); msg.kind:=CANCELLED; msg.a:=c; msg.k:=n; send(x,{at('c')},msg); end;
  elsif ptr[x][c].no=n then {'' if B('nochase') else 'blank(msg); msg.kind:=CANCEL; msg.a:=c; msg.k:=n; send(x,ptr[x][c].nx,msg);'}
  end;
end;
procedure leafAt(x: Site; c: Comp; n: No; l: Lf; lr: LeafRec);
 var msg: Msg;
begin
  if hold[x][c].no=n{' | (hold[x][c].no>0 & n>0)' if B('stale') else ''} then hold[x][c].lf[l]:=lr;
    for j: Comp do if need[c][l][j] then hold[x][c].touch[j]:=true; end; end;
  elsif ptr[x][c].no=n then blank(msg); msg.kind:=LEAF; msg.a:=c; msg.k:=n; msg.l:=l; msg.rec.lf[l]:=lr; send(x,ptr[x][c].nx,msg);
  end;
end;
-- s learns a decision: remember it, commit its own part
procedure learn(s: Site; set: array[Comp] of No);
 var msg: Msg;
begin for i: Comp do if set[i]>know[s][i] then know[s][i]:=set[i]; end; end;
  for i: Comp do if {at('i')}=s & set[i]>0 then
    """+(f"""if st[i]=waiting & no[i]=set[i] & rep[i][set[i]]=none then
      for d: Site do if d!=s & (exists j: Comp do {at('j')}=d & set[j]>0 & exists l: Lf do need[i][l][j] end end) then
        blank(msg); msg.kind:=OVER; msg.a:=i; msg.k:=set[i]; msg.set:=set; send(s,d,msg); end; end;
    end;
""" if a.over else "")+f"""    finish(i,set[i],committed);
  end; end; end;
procedure decideSend(s: Site; d: Site; set: array[Comp] of No);
 var msg: Msg;
begin blank(msg); msg.kind:=DECIDE; msg.set:=set; send(s,d,msg); end;
{asking if a.x else ''}
startstate begin
 for c: Comp do
  nl[c]:=0; st[c]:=idle; no[c]:=0; ccl[c]:=false; asked[c]:=false;
  for l: Lf do tou[c][l]:=false; ex[c][l]:=false; for j: Comp do need[c][l][j]:=false; end; end;
  for j: Comp do seen[c][j]:=0; seenh[c][j]:={at('j')}; end; for t: Site do got[c][t]:=false; end;
  for k: No do fate[c][k]:=open; rep[c][k]:=none; {'teller[c][k]:=c; for j: Comp do told[c][k][j]:=0; end;' if a.x else ''} end;
 end;
 for s: Site do
  cut[s]:=false;
  for i: Comp do clearRec(hold[s][i]); ptr[s][i].no:=0; ptr[s][i].nx:=0; know[s][i]:=0; end;
  for t: Site do ql[s][t]:=0; lost[s][t]:=false; for i: Slot do blank(q[s][t][i]); end; end;
 end; cleft:={a.c}; xleft:={a.x};
{'' if a.begun else 'end;'}""")
# start with a chosen menu
for i in S:
    for m in menus(i):
        nm='|'.join(''.join(map(str,sorted(s))) for s in m)
        sets=' '.join(f"need[{i}][{l+1}][{j}]:=true;" for l,s in enumerate(m) for j in s)
        begin=f"nl[{i}]:={len(m)}; {sets} st[{i}]:=waiting; no[{i}]:=1; clearRec(hold[{AT[i]}][{i}]); hold[{AT[i]}][{i}].no:=1;"
        if a.begun: P(begin)
        else: P(f'rule "start {i} {nm}" st[{i}]=idle & no[{i}]=0 ==> begin {begin} end;')
if a.begun: P('end;')
ready="st[i]=waiting & l<=nl[i] & tou[i][l] & !ex[i][l] & (forall j: Comp do need[i][l][j] & j<i -> seen[i][j]>0 end)"
leaf=f"""
 var lr: LeafRec;
 begin ex[i][l]:=true; lr.have:=true; for j: Comp do if need[i][l][j] & j<i then lr.dep[j]:=seen[i][j]; else lr.dep[j]:=0; end; end;
  leafAt({at('i')},i,no[i],l,lr); end;"""
if a.prompt: P(f"""procedure leaf(i: Comp; l: Lf);{leaf}
procedure explore(i: Comp); begin for l: Lf do if {ready} then leaf(i,l); end; end; end;""")
# Both ends of a channel within a site.
meets="""for j: Comp do if need[i][l][j] & at(j)=x & !(exists f: Lf do f<l & need[i][f][j] end) then
    seen[j][i]:=no[i]; if i<j then for f: Lf do if need[j][f][i] then ex[j][f]:=false; end; end; end;
    if st[j]=waiting & (exists f: Lf do tou[j][f] & need[j][f][i] end) then
      if mine then touch(x,i,no[i],j,no[j],holder(x,j)); %s
      else touch(x,j,no[j],i,no[i],holder(x,i)); %s end; end;
  end; end;"""%(("","") if B('overtaken') or B('roundabout') else ("touch(x,j,no[j],i,no[i],holder(x,i));","touch(x,i,no[i],j,no[j],holder(x,j));"))
P(f"""ruleset i: Comp do
rule "again" st[i]=idle & no[i]>0 & no[i]<K ==> begin st[i]:=waiting; no[i]:=no[i]+1; {'' if B('stale') else f"clearRec(hold[{at('i')}][i]); "}hold[{at('i')}][i].no:=no[i]; end;
rule "stays away" st[i]=idle & {'no[i]<K' if a.may_stay_away else 'no[i]=0 & nl[i]=0'} ==> begin st[i]:=away; end;
rule "timeout" st[i]=waiting & !ccl[i] & cleft>0 ==> begin ccl[i]:=true; cleft:=cleft-1;
  {f"if hold[{at('i')}][i].no=no[i] then cancelAt({at('i')},i,no[i]); else finish(i,no[i],failed); end;" if B('unilateral') else f"cancelAt({at('i')},i,no[i]);"} end;
ruleset l: Lf do
{'' if a.prompt else f'rule "leaf" {ready} ==> {leaf}'}
{'ruleset mine: boolean do   -- of which of the two it is said first' if here else ''}
rule "touch" st[i]=waiting & l<=nl[i] & !tou[i][l] & (l=1 | tou[i][l-1]) ==>
 var msg: Msg; x: Site;
 begin x:={at('i')}; tou[i][l]:=true;
  for j: Comp do if need[i][l][j]{remote('i','j')} then
    blank(msg); msg.kind:=VAL; msg.a:=i; msg.k:=no[i]; msg.b:=j; if hold[x][i].no=no[i] then msg.h:=x; else msg.h:=ptr[x][i].nx; end; send(x,{at('j')},msg);
  end; end;
  for j: Comp do if need[i][l][j]{remote('i','j')} then
    if seen[i][j]>0 then touch(x,i,no[i],j,seen[i][j],seenh[i][j]); end;
    {f"if hold[x][i].no=no[i] & {at('j')}<x then give(x,i,{at('j')},j,0); end;" if B('push') else ''}
  end; end;
  {meets if here else ''}
  {'for j: Comp do if j=i'+(f" | {at('j')}=x & need[i][l][j]" if here else '')+' then explore(j); end; end;' if a.prompt else ''}
 end;
end; end;{' end;' if here else ''}
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
P(f"rule \"decide\" ({' | '.join(c+'>0' for c in pk)}) & {' & '.join(g)} ==> var set: array[Comp] of No; cc: array[Comp] of Lf0; begin")
for i in S: P(f"  cc[{i}]:=c{i};")
P(f"""  for i: Comp do if cc[i]>0 then set[i]:=hold[s][i].no; else set[i]:=0; end; end;
  for i: Comp do if set[i]>0 then assert "two rounds overlap, or a cancelled attempt is decided" fate[i][set[i]]=open; fate[i][set[i]]:=decided;
    for j: Comp do if need[i][cc[i]][j] then assert "not closed" set[j]>0; 
       if j<i then assert "not agreeing: the values came from another attempt" hold[s][i].lf[cc[i]].dep[j]=set[j]; end; end; end;
  end; end;
  for i: Comp do if set[i]>0 then clearRec(hold[s][i]); end; end;
  for d: Site do if d!=s & (exists i: Comp do {at('i')}=d & set[i]>0 end) then decideSend(s,d,set); end; end;
  learn(s,set);
 end;
end;
ruleset s: Site; d: Site do""")
P(f"""rule "receive" ql[s][d]>0 {'' if B('unordered') or not a.x else '& !(q[s][d][0].kind=ASK & (exists t: Site do q[s][d][0].lost[t] & !lost[d][t] end))'} ==>""")
P(f""" var m: Msg; r: Msg; ok: boolean;
 begin m:=q[s][d][0]; pop(s,d);
  switch m.kind
  case VAL: if m.k>seen[m.b][m.a] then seen[m.b][m.a]:=m.k; seenh[m.b][m.a]:=m.h;
      for l: Lf do if need[m.b][l][m.a] & m.a<m.b then ex[m.b][l]:=false; end; end; end;
    if st[m.b]=waiting & (exists l: Lf do tou[m.b][l] & need[m.b][l][m.a] end) & m.k=seen[m.b][m.a] then touch(d,m.b,no[m.b],m.a,m.k,m.h); end;
    {'explore(m.b);' if a.prompt else ''}
  case TOUCH: touch(d,m.a,m.k,m.b,m.m,m.h);
  case HAND: assert "two holders" hold[d][m.a].no=0; hold[d][m.a]:=m.rec;
    if {at('m.a')}!=s then blank(r); r.kind:=HELD; r.a:=m.a; r.k:=m.k; r.h:=d; send(d,{at('m.a')},r); end;""")
P('' if B('forward') else "    if m.m>0 & hold[d][m.b].no!=m.m & ptr[d][m.b].no=m.m then give(d,m.a,ptr[d][m.b].nx,m.b,m.m); end;")
told="if m.set[d]>0 & told[d][m.set[d]][d]=0 then told[d][m.set[d]]:=m.set; teller[d][m.set[d]]:=s; end;" if a.x else ''
asked=f"""  case ASK: askAt(d,m.a,m.k,m.h,m.lost);
  case NOPE: if st[m.a]=waiting & no[m.a]=m.k then
      ok:=true; for t: Site do if lost[d][t] & !m.lost[t] then ok:=false; end; end; if ok{' | true' if B('noset') else ''} then got[m.a][m.h]:=true; end;
    end;"""
P(f"""  case LEAF: leafAt(d,m.a,m.k,m.l,m.rec.lf[m.l]);
  case CANCEL: cancelAt(d,m.a,m.k);
  case CANCELLED: finish(m.a,m.k,failed);
  case DECIDE: {told} learn(d,m.set);
  case OVER: {told} learn(d,m.set);
  case HELD: if ptr[d][m.a].no=m.k & m.h<ptr[d][m.a].nx then ptr[d][m.a].nx:=m.h; end;   -- a shortening only
{asked if a.x else ''}
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
   blank(m); m.kind:=ASK; m.a:=s; m.k:=no[s]; m.h:=t; m.lost:=lost[s]; send(s,t,m); end; end; end;
rule "unknown" st[s]=waiting & hold[s][s].no!=no[s] & asked[s] & (forall t: Site do t!=s & !lost[s][t] -> got[s][t] end) ==>
 begin finish(s,no[s],unknown); end;
end;""")
g2=[]
for i in S:
    cs=["st[%d]=waiting"%i, f"c{i}<=nl[{i}]"]+[f"(need[{i}][c{i}][{j}] -> (c{j}>0 & need[{j}][c{j}][{i}]))" for j in S if j!=i]
    g2.append(f"(c{i}>0 -> ({' & '.join(cs)}))")
ex="(exists c0: Lf0 do "+' '.join(f"exists c{i}: Lf0 do" for i in S if i)+f" ({' | '.join(c+'>0' for c in pk)}) & "+' & '.join(g2)+" end"*N+")"
P(f"""rule "quiet" (forall s: Site do forall d: Site do ql[s][d]=0 end end) & (forall c: Comp do !ccl[c] end)
  & {'(forall s: Site do (exists t: Site do lost[s][t] end) -> st[s]!=waiting | exists t: Site do !lost[s][t] & hold[t][s].no=no[s] end end)' if a.x else 'true'}
  & ({'exists t: Site do cut[t] end | ' if a.x else ''}!{ex}) ==> begin end;
invariant "reports agree with the fate" forall i: Comp do forall k: No do
   (rep[i][k]=committed -> fate[i][k]=decided) & (rep[i][k]=failed -> fate[i][k]=cancelled) end end;
invariant "one holder" forall i: Comp do forall s: Site do forall t: Site do s!=t & hold[s][i].no>0 -> hold[s][i].no!=hold[t][i].no end end end;
""")
# survivors agree: among not-cut sites with the same decided round: not one committed and the other unknown. (rounds: attempts decided together; track by know)
if a.x:
    P("""invariant "survivors agree" forall i: Site do forall j: Site do forall k: No do forall m: No do
   (i!=j & !cut[i] & !cut[j] & rep[i][k]=committed & know[i][i]>=k & know[i][j]=m & m>0) -> rep[j][m]!=unknown end end end end;
invariant "nobody isolated says unknown without cause" forall i: Site do forall k: No do rep[i][k]=unknown -> exists t: Site do lost[i][t] end end end;""")
print('\n'.join(out))

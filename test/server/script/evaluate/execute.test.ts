import t from 'tap'
import { testSession } from '../../../helpers/script.js'

const examples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'if takes one statement or a block, on its line or the next': {
    'x=5\nif(x>3) y=1\nelse y=2\ny': '1',
    'x=5\nif(x>9)\n  y=1\nelse\n  y=2\ny': '2',
    'x=5\nif(x>9){\n  y=1\n}\nelse if(x>4){\n  y=2\n} else {\n  y=3\n}\ny': '2',
    'if(true) y=1; else y=2; y': '1',
    'y=0\nif(NULL) y=1\ny': '0',
    'y=0\nif(!NULL) y=1\ny': '0',
    'y=0\nif(1 > 0)\n{\n y=1 }\ny': '1',
  },
  'for goes through vectors, pairs, matrices, tables and tuples': {
    's=0\nfor(x in 1..4){s+=x}\ns': '10',
    's=""\nfor(x in 2:4) s+=x\ns': '23',
    's=""\nfor(x in 4:1) s+=x\ns': '321',
    's=""\nfor(x in `a`b) s=x+s\ns': 'ba',
    's=0\nfor(c in 1..6$3:2){s+=c[0]}\ns': '5',
    's=0\nt=table(1 2 as x, 3 4 as y)\nfor(r in t){s+=r.x*r.y}\ns': '11',
    's=0\nfor(x in (1, 2 3)){s+=sum(x)}\ns': '6',
    's=0\nfor(x in set(5 5)){s+=x}\ns': '5',
    's=0\nfor (x in 1..9) { if(x==3) continue\n if(x==5) break\n s+=x }\ns': '7',
  },
  'while and do-while repeat': {
    'x=1\ndo {x+=2} while(x<100)\nx': '101',
    'x=1\ny=0\ndo {x+=y; y+=1} while(x<100 and y<10);\nx': '46',
    'x=0\ndo {x+=1} while(false)\nx': '1',
    'x=0\nwhile(x<3){x+=1}\nx': '3',
    'x=0\nwhile(true){x+=1\nif(x>4) break}\nx': '5',
  },
  'catch gets kind and text of the error as a pair': {
    'try {1/`7} catch(ex){}\nex[1]': 'Arguments for div method can not be string.',
    'try {1/`7} catch(ex){}\nex[0]': 'SYSTEM_Operator',
    'try {throw "it is an odd"} catch(ex){}\nex[0] + "|" + ex[1]': 'USER|it is an odd',
    'try {schema()} catch(ex){}\nex[0]': 'SYSTEM_Runtime',
    'def f(){throw "deep"}\ntry {f()} catch(ex){}\nex[1]': 'deep',
    'x=1\ntry {x=2\nthrow "a"\nx=3} catch(ex){}\nx': '2',
    'try { try {throw "in"} catch(a){throw "out"} } catch(b){}\nb[1]': 'out',
    'def f(){ try { return 1 } catch(ex){ return 2 } }\nf()': '1',
    'typestr(ex)': 'STRING PAIR',
  },
  'return ends a function, and a script': {
    'def f(x){ for(i in 1..9){ if(i==x) return i*10 }\n return -1 }\nf(4)': '40',
    'def f(x){ for(i in 1..9){ if(i==x) return i*10 }\n return -1 }\nf(40)': '-1',
    'return 7\n8': '7',
    'def f(){ return }\ntypestr(f())': 'VOID',
    'def f(mutable x){x+=1 return x}\nf(1)': '2',
  },
  'a script answers with its last statement': {
    '1+2': '3',
    '1+2\nx=3': '',
    'x=3\nx': '3',
    'sleep(0);1+2': '3',
    '': '',
    '// nothing': '',
    'if(true){5}': '',
  },
  'functions may be declared before they are defined, and call themselves': {
    'def f2(a,b)\ndef f1(a,b){return f2(a,b)}\ndef f2(a,b){return a sub b}\nf1(2,3)': '-1',
    'def f(n){ if(n<2) return 1\n return n*f(n-1) }\nf(5)': '120',
    'def f(x): x*2\nf(4)': '8',
    'defg f(x){return sum(x)}\nf(1 2)': '3',
    'def f(x)\n{\n  return x\n}\nf(3)': '3',
  },
}

for (const [title, cases] of Object.entries(examples)) {
  t.test(title, async t => {
    for (const [script, shown] of Object.entries(cases)) {
      const { show, run } = testSession()
      if (script === 'typestr(ex)') await run('try {throw "x"} catch(ex){}')
      t.equal(await show(script), shown, script)
    }
  })
}

t.test('go divides a script: what comes behind it is parsed when the rest has run', async t => {
  const { show, fail, run } = testSession()
  t.equal(
    await fail('t=table(1 2 as x)\nshare(t,`st1)\nselect * from st1'),
    'Syntax Error: [line #3] Cannot recognize the token st1',
  )
  t.equal(await fail('st1'), 'Syntax Error: [line #1] Cannot recognize the token st1')
  t.equal(await show('t=table(1 2 as x)\nshare(t,`st1);\ngo;\nexec count(*) from st1'), '2')
  t.match(await fail('x=1\ngo\ny = )'), 'Syntax Error: [line #3] Cannot recognize the token )')
  t.equal(await show('x'), '1')
  t.equal(await run('x=2\ngo'), undefined)
})

t.test('nothing of a unit runs when something in it cannot be parsed', async t => {
  const { fail, show } = testSession()
  await fail('before=1\nnosuch(2)')
  t.equal(await show('defined(`before)'), 'false')
})

t.test('names made by share statements are known at once', async t => {
  const { show, fail } = testSession()
  t.equal(await show('share table(1 2 as x) as st2\nexec sum(x) from st2'), '3')
  t.equal(await show('share table(1 2 as x) as `st3\nexec sum(x) from st3'), '3')
  t.equal(await show('share table(1 2 as x) as "st4"\nexec sum(x) from st4'), '3')
  t.equal(await show('share (table(1 2 as x)) as st5\nexec sum(x) from st5'), '3')
  t.equal(
    await fail('def f(){ share table(1 2 as x) as st6 }'),
    "Syntax Error: [line #1] 'share' statement can't be declared within a function definition. RefId: S06002",
  )
  t.match(await fail('share 5 as five'), 'Only a table can be shared.')
})

t.test('undef takes away variables, functions and shared tables', async t => {
  const { show, run } = testSession()
  await run('x=1; y=2\ndef f(){return 1}\nshare table(1 2 as x) as st7')
  await run('undef(`x, VAR)')
  t.equal(await show('defined(`x`y)'), '[false,true]')
  await run('undef `st7, SHARED')
  t.equal(await show('defined(`st7, SHARED)'), 'false')
  await run('undef all, VAR')
  t.equal(await show('defined(`y)'), 'false')
  t.equal(await show('defined(`f, DEF)'), 'true')
  await run('undef all')
  t.equal(await show('defined(`f, DEF)'), 'false')
})

t.test('a failed assertion is printed and the script goes on', async t => {
  const { session, show } = testSession()
  const printed: string[] = []
  session.print = text => printed.push(text)
  t.equal(await show('assert 1==1\nassert 1==2\nassert "two", 3==4\n5'), '5')
  t.same(printed, ['Testing case adhocTesting failed', 'Testing case two failed'])
})

t.test('tables are created and dropped by statements, too', async t => {
  const { run, show } = testSession()
  await run(`create database "dfs://test" partitioned by VALUE(1..10), HASH([SYMBOL, 40]), engine='TSDB'
CREATE TABLE "dfs://test"."pt"(id INT, deviceId SYMBOL, day DATE[comment="time_col", compress="delta"],
    value DOUBLE)
  partitioned by id, deviceId, sortColumns=[\`deviceId,\`day], keepDuplicates=ALL`)
  t.equal(
    await show('exec typeString from schema(loadTable("dfs://test","pt")).colDefs'),
    '[INT,SYMBOL,DATE,DOUBLE]',
  )
  t.equal(await show('schema(database("dfs://test")).partitionTypeName'), '[VALUE,HASH]')
  await run(
    'create table tb(id SYMBOL, val DECIMAL32(2), v INT[])\ngo\ninsert into tb values(`a, 1.25, 1 2)',
  )
  t.equal(await show('tb'), 'a 1.25 [1,2]')
  await run('drop table if exists "dfs://test"."pt"\ndrop table if exists "dfs://test"."pt"')
  t.equal(await show('existsTable("dfs://test", "pt")'), 'false')
  await run('drop database if exists "dfs://test"')
  t.equal(await show('existsDatabase("dfs://test")'), 'false')
})

t.test('share needs no separator behind a bracket', async t => {
  const { run, show } = testSession()
  await run('t = table(100:0, `a`b, [LONG,DATE])share t as st')
  t.equal(await show('rows(st)'), '0')
})

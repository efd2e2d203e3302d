/* Statements: their results and their error texts. The server sends some errors as `source => message`, others without the source
   (docs/server-semantics.md#error-texts). */
import t from 'tap'
import { testYieldingExamples } from '../../../helpers/examples.js'
import { seed } from '../../../helpers/runs.js'
import { testSession } from '../../../helpers/script.js'

t.comment(`TEST_SEED=${seed}`)

testYieldingExamples(t, {
  'if takes one statement or a block, on its line or the next': {
    'x=5\nif(x>3) y=1\nelse y=2\ny': '1',
    'x=5\nif(x>9)\n  y=1\nelse\n  y=2\ny': '2',
    'x=5\nif(x>9){\n  y=1\n}\nelse if(x>4){\n  y=2\n} else {\n  y=3\n}\ny': '2',
    'if(true) y=1; else y=2; y': '1',
    'y=0\nif(NULL) y=1\ny': '0',
    'y=0\nif(!NULL) y=1\ny': '0',
    'y=0\nif(1 > 0)\n{\n y=1 }\ny': '1',
  },
  'for goes through vectors and tuples': {
    's=0\nfor(x in 1..4){s+=x}\ns': '10',
    's=""\nfor(x in `a`b) s=x+s\ns': 'ba',
    's=0\nfor(x in (1, 2 3)){s+=sum(x)}\ns': '6',
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
    'try {throw "x"} catch(ex){}\ntypestr(ex)': 'STRING PAIR',
  },
  'return ends a function, and a script': {
    'def f(x){ for(i in 1..9){ if(i==x) return i*10 }\n return -1 }\nf(4)': '40',
    'def f(x){ for(i in 1..9){ if(i==x) return i*10 }\n return -1 }\nf(40)': '-1',
    'return 7\n8': '7',
    'def f(){ return }\ntypestr(f())': 'VOID',
    'def f(mutable x){x+=1 return x}\nf(1)': '2',
  },
  'functions call themselves': {
    'def f(n){ if(n<2) return 1\n return n*f(n-1) }\nf(5)': '120',
    'def f(x): x*2\nf(4)': '8',
    'defg f(x){return sum(x)}\nf(1 2)': '3',
    'def f(x)\n{\n  return x\n}\nf(3)': '3',
  },
})

t.test('the parser knows names that share statements create at once', async t => {
  const { show } = testSession()
  t.equal(await show('share table(1 2 as x) as st2\nexec sum(x) from st2'), '3')
  t.equal(await show('share table(1 2 as x) as `st3\nexec sum(x) from st3'), '3')
  t.equal(await show('share table(1 2 as x) as "st4"\nexec sum(x) from st4'), '3')
  t.equal(await show('share (table(1 2 as x)) as st5\nexec sum(x) from st5'), '3')
  t.equal(await show('t = table(1 as a)share t as st6\nrows(st6)'), '1', 'no separator is needed')
})

const failures: Readonly<Record<string, string>> = {
  'if(1 2) 1': '1 2 => A scalar object is expected. But the actual object is not a scalar.',
  'while(objByName("no")){}': 'objByName("no") => Can\'t find the object with name no',
  'do {} while(`a)': '`a => A scalar object is expected. But the actual object is not a scalar.',
  'for(i in objByName("no")){}': 'objByName("no") => Can\'t find the object with name no',
  'for(i in sum){}': 'sum => The object in a for statement must be a vector.',
  'for(i in 1.5..3){}': '1.5..3 => Arguments for seq method must be integral or temporal scalars.',
  'for(i in 1..3){\n1 * `a\n}': '1 * `a => Arguments for mul method can not be string.',
  'x = 1 * `a': 'x = 1 * `a => Arguments for mul method can not be string.',
  'return 1 * `a': 'return 1 * `a => Arguments for mul method can not be string.',
  'try{1 * `a}catch(ex){2 * `b}': '2 * `b => Arguments for mul method can not be string.',
  'share 5 as five': 'share 5 as five => Only a table can be shared.',
  'throw 5': 'throw 5 => 5',
  'throw 1 2': 'throw 1 2 => [1,2]',
  'throw 1:2': 'throw 1:2 => 1:2',
  'throw table(1 as a)': 'throw table(1 as a) => serverTable',
  'try{throw "a"}catch(ex){throw ex}': 'throw ex => a',
}

t.test('errors contain the text of their statement or condition', async t => {
  for (const [script, message] of Object.entries(failures)) {
    t.equal(await testSession().fail(script), message, script)
  }
})

testYieldingExamples(t, {
  'assignment is by value': {
    'y=6 4 7; x=y; y[1]=0; x': '[6,4,7]',
    'y=6 4 7; x=y; y[1]=0; y': '[6,0,7]',
    'y=6 4 7; x=y; x.append!(1); y': '[6,4,7]',
    'y=6 4 7; t=(y, 1); y[0]=0; t[0]': '[6,4,7]',
    'y=6 4 7; t=table(y); y[0]=0; t.y': '[6,4,7]',
    'y=1 2; d=dict(`a`b, (y, y)); y[0]=9; d.a': '[1,2]',
    't=table(2 3 as x); a=t.x; a[0]=9; t.x': '[2,3]',
    'def f(){ x=1 2; y=x; x[0]=9; return y }\nf()': '[1,2]',
    'x=1 2; f=add{x}; x[0]=9; f(0)': '[1,2]',
  },
  'compound operators compute in place': {
    'x=0; x+=5; x': '5',
    'x=5; x-=2; x': '3',
    'x=5; x*=5; x': '25',
    'x=5; x/=2; x': '2',
    'x=5; x\\=2; x': '2.5',
    'x=1 2 3 4 5; x[1 3]+=10; x': '[1,12,3,14,5]',
  },
  'elements of vectors and columns of tables can be assigned': {
    'x=5 7 0; x[1]=9; x': '[5,9,0]',
    'x=5 7 0; x[0 2]=1 2; x': '[1,7,2]',
    'x=5 7 0; x[0:2]=8; x': '[8,8,0]',
    'x=5 7 0; x[1:]=3 4; x': '[5,3,4]',
    'x=5 7 0; x[x>4]=1; x': '[1,1,0]',
    'x=5 7 0; x[0]=2.6; x': '[3,7,0]',
    'x=`a`b; x[1]="z"; x': '[a,z]',
    'x=`a`b$SYMBOL; x[1]="z"; x': '[a,z]',
    't=table(1 2 as x); t[`x]=3 4; t[`y]=`a; t': '3 a;4 a',
    'x=1.5P 2.5P; x[0]=9; x': '[9.0,2.5]',
    'x=uuid("5d212a78-cc48-e3b1-4235-b4d91473ee87"); y=array(UUID, 2); y[1]=x; y[1]==x': 'true',
  },
})

t.test("a mutable parameter changes the caller's variable", async t => {
  const { show, fail } = testSession()
  t.equal(await show('def f(mutable a){a+=1; return a}\nx=1\nf(x)\nf(x)\nx'), '3')
  t.equal(await show('x=1..3\nf(x)\nx'), '[2,3,4]')
  t.equal(await show('def g(mutable a){a[1]=0; a.append!(7)}\nx=1..3\ny=x\ng(x)\nx'), '[1,0,3,7]')
  t.equal(await show('y'), '[1,2,3]')
  t.equal(await show('f(2)\nf(2)'), '3')
  const inside = await fail('def h(a){return f(a)}\nh(1)')
  t.equal(inside, "h(1) => h: f(a) => Read only object can't be applied to mutable function f")
  const appended = await fail('def h(a){return a.append!(1)}\nh(1 2)')
  t.match(appended, "Read only object can't be applied to mutable function append!")
})

t.test("invalid assignments are refused in the manual's words", async t => {
  const { fail } = testSession()
  const expected = 'x[7]=1 => Assignment statement failed probably due to invalid indices [x[7]=1]'
  t.equal(await fail('x=1 2\nx[7]=1'), expected)
  t.match(await fail('x=1 2; x[0 1]=1 2 3'), 'Assignment statement failed')
  for (const other of ['x=3:6', 'x={a: 1}']) {
    t.match(await fail(`${other}; x[0]=1`), /not in the embedded server$/, other)
  }
})

t.test('a run-time error contains the source of the failed call', async t => {
  const { fail } = testSession()
  const inserted = await fail('x = 1\ny = tableInsert(5, 1)')
  t.equal(inserted, 'tableInsert(5, 1) => A table object or table name is expected.')
  t.equal(await fail('1+`a-2'), '1+`a-2 => Arguments for sub method can not be string.')
  t.match(await fail('string(objByName("no"))'), /^objByName\("no"\) => Can't find/)
})

t.test('strings are quoted in one way, and the source is one line', async t => {
  const { fail } = testSession()
  t.equal(await fail("throw '<NotLeader>xxx'"), 'throw "<NotLeader>xxx" => <NotLeader>xxx')
  const absent = await fail("objByName( // look\n  'absent'\n)")
  t.equal(absent, 'objByName( "absent" ) => Can\'t find the object with name absent')
})

t.test('inside a function the error also names the function', async t => {
  const { fail } = testSession()
  t.equal(await fail('def f(){ throw "x" }\nf()'), 'f() => f: throw "x" => x')
  t.equal(await fail('def g(x){ return f() + x }\ng(1)'), 'g(1) => g: f() => f: throw "x" => x')
  const added = await fail('each(x -> x + table(1 as a), 1 2)')
  t.equal(added, 'x + table(1 as a) => Arguments for add method can not be table.')
})

t.test('errors of function requests have no source', async t => {
  const { run, call } = testSession()
  await t.rejects(call('schema'), {
    message:
      'The function [schema] expects 1 argument(s), but the actual number of arguments is: 0',
  })
  await run('def f(){ throw "x" }')
  await t.rejects(call('f'), { message: 'f: throw "x" => x' })
})

t.test('a tag comes after the source in a script, and first in a function request', async t => {
  const { run, fail, call } = testSession()
  await run('def f(){ throw "<ChunkInTransaction>busy" }')
  const thrown = 'throw "<ChunkInTransaction>busy" => <ChunkInTransaction>busy'
  t.equal(await fail('f()'), `f() => f: ${thrown}`)
  await t.rejects(call('f'), { message: '<ChunkInTransaction>busy' })
  await t.rejects(call('f{}'), { message: '<ChunkInTransaction>busy' })
  await run('def g(){ throw "a < b > c" }')
  await t.rejects(call('g'), { message: 'g: throw "a < b > c" => a < b > c' })
})

import t from 'tap'
import { testSession } from '../../../helpers/script.js'

t.test('a job goes on behind its session, which is told how it ended', async t => {
  const { run, show, fail } = testSession()
  t.equal(await show('submitJob("double", "doubles", x -> 2 * x, 21)'), 'double')
  t.equal(
    await fail('getJobReturn("double")'),
    'getJobReturn("double") => The job [double] is not completed.',
  )
  t.equal(await show('getJobReturn("double", true)'), '42')
  t.equal(await show('getJobReturn("double")'), '42')
  t.match(await show('getJobMessage("double")'), /Start the job \[double\]: doubles\n.* is done/)
  await run('def bad(){ throw "no luck" }\nsubmitJob("bad", "", bad)')
  t.match(await fail('getJobReturn("bad", true)'), /no luck$/)
  t.match(await show('exec errorMsg from getRecentJobs() where jobId = "bad"'), /no luck/)
  t.equal(
    await show('select jobId, jobDesc, isNull(endTime) as runs from getRecentJobs()'),
    'double doubles false;bad  false',
  )
})

t.test('a job sees the functions and not the variables, and writes where its user may', async t => {
  const { run, show, fail } = testSession()
  await run('share table(1:0, ["x"], [INT]) as trades\ny = 1')
  await run('def fill(n){ for(i in 0..(n-1)) insert into objByName("trades") values (i) }')
  await run('submitJob("fill", "", fill, 5); getJobReturn("fill", true)')
  t.equal(await show('exec count(*) from trades'), '5')
  await run('submitJob("sees", "", def(){ return objByName("y") })')
  t.match(await fail('getJobReturn("sees", true)'), /Can't find the object with name y/)
})

t.test('an id that is taken gets the day behind it, then a number', async t => {
  const { show } = testSession({ now: () => Date.UTC(2024, 1, 3) })
  const submit = 'submitJob("j", "", def(){ return 1 })'
  t.equal(await show(submit), 'j')
  t.equal(await show(submit), 'j20240203')
  t.equal(await show(submit), 'j202402030001')
})

t.test('a hundred jobs are remembered; others see their own', async t => {
  const { node, run, show, fail } = testSession()
  await run(
    'for(i in 1..120){ id = submitJob("j" + string(i), "", def(){ return 1 }); getJobReturn(id, true) }',
  )
  t.equal(await show('exec count(*) from getRecentJobs()'), '100')
  t.match(await fail('getJobReturn("j1")'), /The job \[j1\] does not exist/)
  const guest = testSession({ node, user: 'guest' })
  t.equal(await guest.show('exec count(*) from getRecentJobs()'), '0')
  t.match(await guest.fail('getJobReturn("j120")'), /does not exist/)
  t.match(await fail('submitJob("x", "", 1)'), /\[jobDef\] must be a function/)
})

t.test('no more than a hundred jobs run at once', async t => {
  const { run, show, fail } = testSession()
  await run('for(i in 1..100){ submitJob("j" + string(i), "", sleep, 300) }')
  const next = 'submitJob("late", "", x -> x, 1)'
  t.equal(
    await fail(next),
    `${next} => Cannot accept new job submissions. The batch job queue has reached its maximum capacity.RefId: S00010`,
  )
  await run('for(i in 1..100){ getJobReturn("j" + string(i), true) }')
  t.equal(await show(next), 'late')
})

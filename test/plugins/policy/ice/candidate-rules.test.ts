import * as assert from 'uvu/assert'
import { type CandidateOptions, CandidateRules } from '../../../../plugins/policy/ice/candidate-rules.js'
import { suite } from '../../../suite.js'

const rules = (more: Partial<CandidateOptions['candidates']> = {}, relayOnly = false) =>
  new CandidateRules({ relayOnly, candidates: { allow: [], deny: [], mdns: true, ...more } })

const HOST = 'candidate:1 1 udp 2122260223 10.0.0.17 46154 typ host generation 0 ufrag EsAw network-cost 999'
const MDNS = 'candidate:1 1 udp 2122260223 5e0b5f0c-3a4b.local 46154 typ host'
const IPV6 = 'candidate:1 1 udp 2122260223 2001:db8::17 46154 typ host'
const SRFLX = 'candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 10.0.0.17 rport 46154'
const RELAY =
  'candidate:3 1 udp 41885439 198.51.100.9 50000 typ relay raddr 203.0.113.77 rport 46154 ufrag EsAw'
const TCP = 'candidate:4 1 tcp 1518280447 10.0.0.17 9 typ host tcptype active'

suite('policy/ice: candidate rules', (test) => {
  test('without rules there is nothing to look at, and everything passes as it is', () => {
    assert.not(rules().areAny)
    for (const candidate of [HOST, MDNS, IPV6, SRFLX, RELAY, TCP])
      assert.is(rules().filter(candidate), candidate)
    for (const some of [
      rules({}, true),
      rules({ mdns: false }),
      rules({ deny: ['::1'] }),
      rules({ allow: ['::1'] }),
    ])
      assert.ok(some.areAny)
  })

  test('relay only: no host, no reflexive one, and nothing of what is behind the relay', () => {
    const relayOnly = rules({}, true)
    for (const candidate of [HOST, MDNS, IPV6, SRFLX, TCP]) assert.is(relayOnly.filter(candidate), undefined)
    assert.is(
      relayOnly.filter(RELAY),
      'candidate:3 1 udp 41885439 198.51.100.9 50000 typ relay raddr 0.0.0.0 rport 9 ufrag EsAw',
    )
    assert.is(
      relayOnly.filter(`a=${RELAY.replace('203.0.113.77', '2001:db8::17')}`),
      'a=candidate:3 1 udp 41885439 198.51.100.9 50000 typ relay raddr :: rport 9 ufrag EsAw',
    )
  })

  test('networks are allowed or denied, also where they stand behind another address', () => {
    const noPrivate = rules({ deny: ['10.0.0.0/8', 'fc00::/7'] })
    assert.is(noPrivate.filter(HOST), undefined)
    assert.is(
      noPrivate.filter(HOST.replace('10.0.0.17', '::ffff:10.0.0.17')),
      undefined,
      'in the clothes of IPv6',
    )
    assert.is(noPrivate.filter(IPV6), IPV6)
    assert.is(noPrivate.filter(SRFLX), SRFLX.replace('10.0.0.17 rport 46154', '0.0.0.0 rport 9'))
    assert.is(noPrivate.filter(RELAY), RELAY)
    const onlyTurn = rules({ allow: ['198.51.100.0/24'], deny: ['198.51.100.66'] })
    assert.is(onlyTurn.filter(RELAY), RELAY.replace('203.0.113.77 rport 46154', '0.0.0.0 rport 9'))
    assert.is(onlyTurn.filter(RELAY.replace('198.51.100.9', '198.51.100.66')), undefined)
    assert.is(onlyTurn.filter(SRFLX), undefined)
  })

  test('mDNS names are for the option to judge, other names are told only where no network is named', () => {
    const named = MDNS.replace('5e0b5f0c-3a4b.local', 'host.example')
    assert.is(rules({ mdns: false }).filter(MDNS), undefined)
    assert.is(rules({ mdns: false }).filter(MDNS.replace('.local', '.LOCAL')), undefined)
    assert.is(rules({ mdns: false }).filter(HOST), HOST)
    assert.is(rules({ mdns: false }).filter(named), named)
    assert.is(rules({ deny: ['10.0.0.0/8'] }).filter(MDNS), MDNS)
    assert.is(rules({ deny: ['10.0.0.0/8'] }).filter(named), undefined)
    assert.is(rules({ deny: ['10.0.0.0/8'] }).filter(named.replace('host.example', '10.1')), undefined)
  })

  test('what is no candidate is not told', () => {
    for (const wrong of [
      '',
      'candidate:',
      HOST.replace('typ host', 'type host'),
      HOST.replace(' typ', '  typ'),
      HOST.replaceAll(' ', '\t'),
      'x'.repeat(60_000),
      `candidate:${' '.repeat(60_000)}`,
    ])
      assert.is(rules().filter(wrong), undefined, wrong.slice(0, 80))
  })
})

import * as assert from 'uvu/assert'
import { CandidateRules } from '../../../../plugins/policy/ice/candidate-rules.js'
import { filterSdp } from '../../../../plugins/policy/ice/sdp-filter.js'
import { suite } from '../../../suite.js'

const relayOnly = new CandidateRules({ relayOnly: true, candidates: { allow: [], deny: [], mdns: true } })

/** After gathering: candidates of every type, and the best of them as the default destination. */
const BEFORE = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 10.0.0.17',
  's=-',
  'c=IN IP4 203.0.113.77',
  't=0 0',
  'a=group:BUNDLE 0 1 2',
  'm=audio 46154 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 203.0.113.77',
  'a=rtcp:46155 IN IP4 203.0.113.77',
  'a=candidate:1 1 udp 2122260223 10.0.0.17 46154 typ host generation 0',
  'a=candidate:2 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 10.0.0.17 rport 46154',
  'a=candidate:3 1 udp 41885439 198.51.100.9 50000 typ relay raddr 203.0.113.77 rport 46154',
  'a=end-of-candidates',
  'a=ice-ufrag:EsAw',
  'a=fingerprint:sha-256 AA:BB',
  'm=video 0 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP6 2001:db8::17',
  'a=remote-candidates:1 10.0.0.18 5000',
  'm=application 46156 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=mid:2',
]
const AFTER = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 0.0.0.0',
  's=-',
  'c=IN IP4 0.0.0.0',
  't=0 0',
  'a=group:BUNDLE 0 1 2',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:3 1 udp 41885439 198.51.100.9 50000 typ relay raddr 0.0.0.0 rport 9',
  'a=end-of-candidates',
  'a=ice-ufrag:EsAw',
  'a=fingerprint:sha-256 AA:BB',
  'm=video 0 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP6 ::',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=mid:2',
]

suite('policy/ice: sdp filter', (test) => {
  test('leaves the relayed candidates and no other address, and every other line as it is', () => {
    for (const end of ['\r\n', '\n']) {
      assert.is(filterSdp(BEFORE.join(end) + end, relayOnly), AFTER.join(end) + end)
      assert.is(filterSdp(BEFORE.join(end), relayOnly), AFTER.join(end), 'without a last line break')
    }
    assert.is(filterSdp(AFTER.join('\r\n'), relayOnly), AFTER.join('\r\n'), 'a second time changes nothing')
  })

  test('takes anything that calls itself an SDP', () => {
    for (const odd of [
      '',
      '\r\n',
      'c=',
      'o=x',
      'm=',
      'm=audio',
      'a=rtcp:',
      'a=candidate:',
      '\0',
      'c=IN IP4 ',
      'x\r\r\n',
    ]) {
      assert.type(filterSdp(odd, relayOnly), 'string')
    }
    assert.is(filterSdp('a=candidate:broken\r\na=mid:0', relayOnly), 'a=mid:0')
  })

  test('an SDP of hostile length takes no time to speak of', () => {
    for (const part of ['a=rtcp:1', 'c=IN IP4 ', 'a=candidate: ', 'm= ', '\r', 'IP4 ']) {
      const long = part.repeat(Math.floor(60_000 / part.length))
      const startedAt = process.cpuUsage().user
      filterSdp(long, relayOnly)
      filterSdp(`c=${long}`, relayOnly)
      const tookMs = (process.cpuUsage().user - startedAt) / 1000
      assert.ok(tookMs < 1000, `${part}: ${tookMs} ms`)
    }
  })
})

// Bluesky's own development network: a PDS and its directory of accounts, in memory, on loopback ports of the caller's.
import net from 'node:net'

const [plcPort, pdsPort] = process.argv.slice(-2).map(Number)

// The package listens on all interfaces; there is no option for that.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  if (typeof port !== 'number') return listen.call(this, port, ...rest)
  return listen.call(this, port, '127.0.0.1', ...rest.filter((one) => typeof one === 'function'))
}

const { TestNetworkNoAppView } = await import('@atproto/dev-env')
await TestNetworkNoAppView.create({ plc: { port: plcPort }, pds: { port: pdsPort, hostname: 'localhost' } })
console.log('ready')

// The packages below listen on every interface and have no option against it. This one is imported before them:
// whatever this process opens stays on this machine, and whatever it wants from elsewhere fails at once.
import dns from 'node:dns'
import net from 'node:net'

const HERE = '127.0.0.1'

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  const told = typeof args[0] === 'object' && args[0] !== null ? args[0] : { port: args[0] }
  const port = typeof told.port === 'function' ? 0 : Number(told.port ?? 0)
  const callback = args.filter((argument) => typeof argument === 'function')
  return listen.call(this, { ...told, port, host: HERE }, ...callback)
}

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  // net.connect hands its arguments on as one array that it has already sorted; others call with (port, host).
  const [first, second] = Array.isArray(args[0]) ? args[0] : args
  const host = typeof first === 'object' ? (first.host ?? HERE) : typeof second === 'string' ? second : HERE
  if (host === 'localhost' || net.isIPv4(host) && host.startsWith('127.')) return connect.apply(this, args)
  process.nextTick(() => this.destroy(new Error(`a test server does not speak to ${host}`)))
  return this
}

dns.setDefaultResultOrder('ipv4first')
dns.setServers([`${HERE}:9`]) // nobody answers there

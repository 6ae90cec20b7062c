// Each thing that is wrong in a configuration is named with its place and a remedy.

import Server
import Testing

@Suite struct ConfigurationProblemsTests {
    @Test func allProblemsOfAFileComeAtOnceInTheOrderOfTheirLines() {
        let problems = ConfigurationText.problems("dataDir=data\ntickTime=x\nweight.1=3\nclientPort=0\n")
        #expect(problems.map(\.line) == [2, 3, 4])
    }

    struct Wrong: CustomTestStringConvertible, Sendable {
        var text: String
        var myid: String? = "1"
        var place: String
        var says: String
        var remedy: String
        var testDescription: String { says }
    }

    static let wrong: [Wrong] = [
        Wrong(text: "clientPort=1\n", place: "zoo.cfg: ", says: "dataDir is missing", remedy: "dataDir=DIRECTORY"),
        Wrong(text: "dataDir=data\n", place: "zoo.cfg: ", says: "clientPort is missing", remedy: "clientPort=2181"),
        Wrong(
            text: "dataDir=data\nsecureClientPort=2281\n", place: "zoo.cfg:2: ",
            says: "secureClientPort needs this server's certificate", remedy: "ssl.keyStore.location=FILE.pem"),
        Wrong(
            text: ConfigurationText.alone + "secureClientPort=2281\nssl.keyStore.location=m.pem", place: "zoo.cfg:3: ",
            says: "(ssl.clientAuth is need by default), and there is no authority", remedy: "or ssl.clientAuth=none"),
        Wrong(
            text: ConfigurationText.alone + "secureClientPort=2281\nssl.keyStore.location=m.pem\nssl.clientAuth=want",
            place: "zoo.cfg:5: ", says: "(ssl.clientAuth is want), and there is no authority", remedy: "quorate.client.tls.ca="),
        Wrong(
            text: ConfigurationText.alone + "secureClientPort=2181\nssl.keyStore.location=m.pem\nssl.clientAuth=none",
            place: "zoo.cfg:3: ", says: "secureClientPort is 2181, which is the plain client port",
            remedy: "secureClientPort=2281"),
        Wrong(
            text: "dataDir=data\nsecureClientPort=2888\nserver.1=a:2888:3888\nserver.2=b:1:2", place: "zoo.cfg:2: ",
            says: "The secure client port is 2888, which server.1 has as its quorum port", remedy: "secureClientPort=2281"),
        Wrong(
            text: ConfigurationText.alone + "secureClientPort=2281\nsecureClientPortAddress=10.0.0.256", place: "zoo.cfg:4: ",
            says: "secureClientPortAddress is '10.0.0.256', which is neither", remedy: "127.0.0.1"),
        Wrong(
            text: ConfigurationText.alone + "secureClientPort=2281\nquorate.client.tls.cert=gone.pem\nssl.clientAuth=none",
            place: "zoo.cfg:4: ", says: "quorate.client.tls.cert is gone.pem, and there is no such file", remedy: "path"),
        Wrong(
            text: ConfigurationText.alone + "secureClientPort=2281\nssl.keyStore.location=m.jks\nssl.clientAuth=none",
            place: "zoo.cfg:4: ", says: "ssl.keyStore.location is a Java key store",
            remedy: "keytool -importkeystore -srckeystore m.jks"),
        Wrong(
            text: ConfigurationText.alone + "quorate.client.tls.ca=ca.pem", place: "zoo.cfg:3: ",
            says: "quorate.client.tls.ca is set, but no port is opened for clients with TLS", remedy: "secureClientPort=2281"),
        Wrong(
            text: ConfigurationText.alone + "clientPortAddress=::1\nsecureClientPort=2281\nssl.keyStore.location=m.pem\n"
                + "ssl.clientAuth=none\nquorate.faults=true",
            place: "zoo.cfg:7: ", says: "open to other machines", remedy: "secureClientPortAddress for TLS"),
        Wrong(
            text: ConfigurationText.three, myid: nil, place: "data/myid: ", says: "myid is missing",
            remedy: "echo 1 > data/myid"),
        Wrong(
            text: ConfigurationText.three, myid: "x", place: "data/myid:1: ", says: "'x' is not a number from 1 to 254",
            remedy: "echo 1 > data/myid"),
        Wrong(
            text: ConfigurationText.three, myid: "\0\u{1b}[31m", place: "data/myid:1: ",
            says: "'\\u{0}\\u{1b}[31m' is not a number", remedy: "echo 1 > data/myid"),
        Wrong(
            text: ConfigurationText.three + "maxCnxns=1\0\n", place: "zoo.cfg:", says: "The line holds a NUL byte",
            remedy: "Write it anew"),
        Wrong(
            text: ConfigurationText.three, myid: "255", place: "data/myid:1: ", says: "'255' is not a number",
            remedy: "echo 1 > data/myid"),
        Wrong(
            text: ConfigurationText.three, myid: "4", place: "data/myid:1: ", says: "zoo.cfg has no line server.4",
            remedy: "Add server.4=HOST:2888:3888"),
        Wrong(
            text: ConfigurationText.three + "server.1=d:1:2", place: "zoo.cfg:6: ", says: "server.1 stands on line 3 already",
            remedy: "Remove one"),
        Wrong(
            text: ConfigurationText.three + "server.4=a:3888:4888", place: "zoo.cfg:6: ",
            says: "server.4 and server.1 share a:3888",
            remedy: "ports of its own"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1:1", place: "zoo.cfg:3: ", says: "port 1 for both",
            remedy: "a port of its own"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1", place: "zoo.cfg:3: ", says: "does not name a member",
            remedy: "server.N=HOST:QUORUM_PORT:ELECTION_PORT"),
        Wrong(
            text: ConfigurationText.alone + "server.1=:1:2", place: "zoo.cfg:3: ", says: "does not name a member",
            remedy: "server.N=HOST"),
        Wrong(
            text: ConfigurationText.alone + "server.1=[::1:1:2", place: "zoo.cfg:3: ", says: "does not name a member",
            remedy: "server.N=HOST"),
        Wrong(
            text: ConfigurationText.alone + "server.0=a:1:2", place: "zoo.cfg:3: ", says: "from 1 to 254",
            remedy: "server.1=a:1:2"),
        Wrong(
            text: ConfigurationText.alone + "server.255=a:1:2", place: "zoo.cfg:3: ", says: "from 1 to 254",
            remedy: "server.1=a:1:2"),
        Wrong(
            text: ConfigurationText.alone + "server.01=a:1:2", place: "zoo.cfg:3: ", says: "from 1 to 254",
            remedy: "server.1=a:1:2"),
        Wrong(
            text: ConfigurationText.three + "server.four=d:1:2", place: "zoo.cfg:6: ",
            says: "server.four does not name a member", remedy: "server.1=d:1:2"),
        Wrong(
            text: ConfigurationText.three + "server.=d:1:2", place: "zoo.cfg:6: ", says: "server. does not name a member",
            remedy: "server.1=d:1:2"),
        Wrong(
            text: ConfigurationText.alone + "clientPortAddress=10.0.0.256", place: "zoo.cfg:3: ",
            says: "'10.0.0.256', which is neither an address nor a host name", remedy: "127.0.0.1"),
        Wrong(
            text: ConfigurationText.alone + "clientPortAddress=node 1", place: "zoo.cfg:3: ",
            says: "'node 1', which is neither", remedy: "127.0.0.1"),
        Wrong(
            text: "dataDir=data\nserver.1=a:1:2;[::x]:3\nserver.2=b:1:2", place: "zoo.cfg:2: ",
            says: "'::x', which is neither", remedy: "127.0.0.1"),
        Wrong(
            text: "dataDir=data\nclientPort=2888\nserver.1=a:2888:3888\nserver.2=b:1:2", place: "zoo.cfg:2: ",
            says: "The client port is 2888, which server.1 has as its quorum port", remedy: "clientPort=2181"),
        Wrong(
            text: "dataDir=data\nserver.1=a:2888:3888;3888\nserver.2=b:1:2", place: "zoo.cfg:2: ",
            says: "The client port is 3888, which server.1 has as its election port", remedy: "clientPort=2181"),
        Wrong(
            text: ConfigurationText.alone
                + "quorate.faults=true\nclientPortAddress=::1\nquorate.faults.failFlushAfter=9223372036854775807",
            place: "zoo.cfg:5: ", says: "has to be from 0 to 1000000000000", remedy: "failFlushAfter=1000"),
        Wrong(
            text: ConfigurationText.three
                + "sslQuorum=true\nquorate.quorum.tls.cert=gone.pem\nquorate.quorum.tls.key=k.pem\nquorate.quorum.tls.ca=c.pem",
            place: "zoo.cfg:7: ", says: "quorate.quorum.tls.cert is gone.pem, and there is no such file", remedy: "path"),
        Wrong(
            text: ConfigurationText.three + "sslQuorum=true\nquorate.quorum.tls.cert=lone.pem\nquorate.quorum.tls.ca=c.pem",
            place: "zoo.cfg:7: ", says: "lone.pem, which holds no private key, and quorate.quorum.tls.key is missing",
            remedy: "quorate.quorum.tls.key=FILE.pem"),
        Wrong(
            text: ConfigurationText.alone + "secureClientPort=2281\nquorate.client.tls.cert=lone.pem\nssl.clientAuth=none",
            place: "zoo.cfg:4: ", says: "lone.pem, which holds no private key", remedy: "quorate.client.tls.key=FILE.pem"),
        Wrong(
            text: ConfigurationText.three
                + "sslQuorum=true\nssl.quorum.keyStore.location=m.pem\nssl.quorum.trustStore.location=secret.pem",
            place: "zoo.cfg:8: ", says: "is secret.pem, which can't be read: Permission denied", remedy: "user read it"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:0:2", place: "zoo.cfg:3: ", says: "'0' where a port",
            remedy: "server.N=HOST"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1:2;x", place: "zoo.cfg:3: ", says: "'x' where a port",
            remedy: "server.N=HOST"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1:2;3;4", place: "zoo.cfg:3: ", says: "second client address for TLS",
            remedy: "second ';'"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1:2|b:1:2", place: "zoo.cfg:3: ", says: "several addresses",
            remedy: "Keep the first"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1:2:observer", place: "zoo.cfg:3: ", says: "0 voters",
            remedy: "Correct that"),
        Wrong(
            text: ConfigurationText.three + "weight.4=2", place: "zoo.cfg:6: ", says: "there is no line server.4",
            remedy: "Add that line"),
        Wrong(
            text: ConfigurationText.three + "weight.x=2", place: "zoo.cfg:6: ", says: "member 'x'", remedy: "correct the number"),
        Wrong(
            text: ConfigurationText.three + "weight.1=256", place: "zoo.cfg:6: ", says: "has to be from 0 to 255",
            remedy: "weight.1=1"),
        Wrong(
            text: ConfigurationText.three + "group.x=1:2:3", place: "zoo.cfg:6: ", says: "does not name a group",
            remedy: "group.1=1:2:3"),
        Wrong(
            text: ConfigurationText.three + "group.1=1:2\ngroup.2=2:3", place: "zoo.cfg:7: ", says: "stands in group.1 already",
            remedy: "one of the two"),
        Wrong(
            text: ConfigurationText.three + "group.1=1:2", place: "zoo.cfg:6: ", says: "server.3 stands in no group.N line",
            remedy: "every member alike"),
        Wrong(
            text: ConfigurationText.three + "server.4=d:1:2:observer\nweight.4=1", place: "zoo.cfg:7: ",
            says: "which is an observer", remedy: ":participant"),
        Wrong(
            text: ConfigurationText.three + "quorate.commitQuorum=4", place: "zoo.cfg:6: ",
            says: "not even all 3 voters together", remedy: "every member alike"),
        Wrong(
            text: ConfigurationText.three + "quorate.commitQuorum=1", place: "zoo.cfg:6: ",
            says: "with 1 of 3 copies, below quorate.minCopies=2", remedy: "quorate.minCopies=1"),
        Wrong(
            text: ConfigurationText.three + "quorate.commitQuorum=most", place: "zoo.cfg:6: ", says: "half, majority or a number",
            remedy: "quorate.commitQuorum=half"),
        Wrong(
            text: ConfigurationText.three + "group.1=1\ngroup.2=2\ngroup.3=3\nquorate.commitQuorum=2", place: "zoo.cfg:9: ",
            says: "counted in each group", remedy: "every member alike"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1:2:boss", place: "zoo.cfg:3: ", says: "the role 'boss'",
            remedy: ":participant"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1:2;2182", place: "zoo.cfg:2: ",
            says: "clientPort is 2181, but this member's server line says 2182", remedy: "in one place"),
        Wrong(
            text: ConfigurationText.alone + "minSessionTimeout=90000", place: "zoo.cfg:3: ",
            says: "90000 ms, is longer than the longest, 60000 ms", remedy: "maxSessionTimeout at least 90000"),
        Wrong(
            text: ConfigurationText.alone + "quorate.silenceMs=100", place: "zoo.cfg:3: ",
            says: "less than four heartbeats of 50 ms",
            remedy: "quorate.silenceMs=200"),
        Wrong(
            text: ConfigurationText.alone + "forceSync=no", place: "zoo.cfg:3: ", says: "a power failure takes back",
            remedy: "quorate.unsafe.noFsync=true"),
        Wrong(
            text: ConfigurationText.three + "quorate.commitQuorum=majority\nquorate.minCopies=3", place: "zoo.cfg:6: ",
            says: "with 2 of 3 copies, below quorate.minCopies=3", remedy: "quorate.minCopies=2"),
        Wrong(
            text: ConfigurationText.alone + "server.1=a:1:2\nserver.2=b:1:2\nquorate.commitQuorum=half", place: "zoo.cfg:5: ",
            says: "with 1 of 2 copies, below quorate.minCopies=2", remedy: "quorate.minCopies=1"),
        Wrong(
            text: ConfigurationText.alone + "quorate.faults=true", place: "zoo.cfg:3: ", says: "open to other machines",
            remedy: "clientPortAddress=127.0.0.1"),
        Wrong(
            text: ConfigurationText.alone + "quorate.faults.flushDelayUs=3", place: "zoo.cfg:3: ", says: "faults are not armed",
            remedy: "quorate.faults=true"),
        Wrong(
            text: ConfigurationText.alone + "quorate.tyop=1", place: "zoo.cfg:3: ", says: "quorate.tyop is not a key",
            remedy: "ine"),
        Wrong(
            text: ConfigurationText.alone + "quorate.heartbeat=1", place: "zoo.cfg:3: ", says: "quorate.heartbeat is not a key",
            remedy: "The nearest is quorate.heartbeatMs."),
        Wrong(
            text: ConfigurationText.alone + "admin.commandURL=cmd", place: "zoo.cfg:3: ", says: "not a path",
            remedy: "admin.commandURL=/cmd"),
        Wrong(
            text: ConfigurationText.alone + "superDigest=super:test", place: "zoo.cfg:3: ",
            says: "superDigest is not USER:DIGEST",
            remedy: "openssl sha1"),
        Wrong(
            text: ConfigurationText.three + "sslQuorum=true", place: "zoo.cfg:6: ", says: "needs this member's certificate",
            remedy: "ssl.quorum.keyStore.location="),
        Wrong(
            text: ConfigurationText.three + "sslQuorum=true\nssl.quorum.keyStore.location=m.pem", place: "zoo.cfg:6: ",
            says: "needs the certificate authority", remedy: "ssl.quorum.trustStore.location="),
        Wrong(
            text: ConfigurationText.three + "quorate.quorum.tls.ca=ca.pem", place: "zoo.cfg:6: ", says: "members talk plain TCP",
            remedy: "sslQuorum=true"),
        Wrong(
            text: ConfigurationText.three + "sslQuorum=true\nssl.quorum.keyStore.location=m.jks\nquorate.quorum.tls.ca=c",
            place: "zoo.cfg:7: ",
            says: "a Java key store", remedy: "keytool -importkeystore -srckeystore m.jks"),
        Wrong(
            text: ConfigurationText.three + "sslQuorum=true\nssl.quorum.trustStore.location=m.p12\nquorate.quorum.tls.cert=c",
            place: "zoo.cfg:7: ", says: "a PKCS12 file", remedy: "openssl pkcs12 -in m.p12"),
        Wrong(
            text: ConfigurationText.three
                + "ssl.quorum.keyStore.location=m\nssl.quorum.keyStore.type=ZIP", place: "zoo.cfg:7: ", says: "is 'ZIP'",
            remedy: "keyStore.type=PEM"),
        Wrong(
            text: ConfigurationText.three + "ssl.quorum.enabledProtocols=TLSv1.3,TLSv1.1", place: "zoo.cfg:6: ",
            says: "names 'TLSv1.1'",
            remedy: "TLSv1.3"),
        Wrong(text: "dataDir=data\nclientPort=\\u1\n", place: "zoo.cfg:2: ", says: "four hex digits", remedy: "UTF-8"),
    ]

    @Test(arguments: wrong)
    func whatIsWrongIsNamedWithPlaceAndRemedy(_ wrong: Wrong) throws {
        let problems = ConfigurationText.problems(wrong.text, myid: wrong.myid)
        let problem = try #require(problems.first { $0.sentence.contains(wrong.says) }, "\(problems)")
        #expect(problem.description.hasPrefix(wrong.place))
        #expect(problem.remedy.contains(wrong.remedy), "\(problem.remedy)")
        #expect(ConfigurationError([problem]).description == problem.description)
        #expect(ConfigurationError.exitCode == 64)
    }
}

// Whole configurations: what comes out of good ones, and that each thing wrong across keys is named with place and remedy.

import Server
import Testing
import Zab

@Suite struct ServerConfigurationTests {
    @Test func aServerOnItsOwnNeedsTwoLines() throws {
        let configuration = try ConfigurationText.read(ConfigurationText.alone, myid: nil)
        #expect(configuration.dataDir == "data")
        #expect(configuration.dataLogDir == "data")
        #expect(configuration.clientPort == 2181)
        #expect(configuration.clientPortAddress == "", "all addresses")
        #expect(configuration.myID == 1)
        #expect(configuration.members.isEmpty)
        #expect(configuration.quorumTLS == nil)
        #expect(configuration.tickTimeMs == 3000)
        #expect(configuration.minSessionTimeoutMs == 6000)
        #expect(configuration.maxSessionTimeoutMs == 60000)
        #expect(configuration.heartbeatMs == 50)
        #expect(configuration.silenceMs == 500)
        #expect(configuration.maxClientCnxns == 60)
        #expect(configuration.juteMaxBuffer == 0xfffff)
        #expect(configuration.flushes)
        #expect(configuration.purges)
        #expect(configuration.faults == nil)
        #expect(configuration.fourLetterWords == .only(["srvr"]))
        #expect(configuration.admin == .init(enabled: true, address: "0.0.0.0", port: 8080, commandURL: "/commands"))
        #expect(configuration.notices.isEmpty)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func aUsualEnsembleFileIsRead() throws {
        let configuration = try ConfigurationText.read(
            """
            # The number of milliseconds of each tick
            tickTime=2000
            initLimit=10
            syncLimit=5
            dataDir=data
            dataLogDir=log
            clientPort=2181
            maxClientCnxns=0
            autopurge.snapRetainCount=5
            autopurge.purgeInterval=0
            4lw.commands.whitelist=srvr, mntr
            admin.enableServer=false
            minSessionTimeout=1000
            maxSessionTimeout=0x9c40
            server.3=[2001:db8::3]:2888:3888:participant;[::]:2183
            server.1=node-1:2888:3888
            server.2=10.0.0.2:2888:3888:participant;2181
            """, myid: " 2 \n")
        #expect(configuration.myID == 2)
        #expect(configuration.members.map(\.id) == [1, 2, 3])
        #expect(configuration.me?.host == "10.0.0.2")
        #expect(configuration.members[2].host == "2001:db8::3")
        #expect(configuration.members[2].clientHost == "::")
        #expect(configuration.members[2].clientPort == 2183)
        #expect(configuration.members[0].electionPort == 3888)
        #expect(configuration.dataLogDir == "log")
        #expect(configuration.snapRetainCount == 5)
        #expect(!configuration.purges)
        #expect(configuration.fourLetterWords == .only(["srvr", "mntr"]))
        #expect(configuration.fourLetterWords.allow("mntr"))
        #expect(!configuration.fourLetterWords.allow("dump"))
        #expect(!configuration.admin.enabled)
        #expect(configuration.minSessionTimeoutMs == 1000)
        #expect(configuration.maxSessionTimeoutMs == 40000)
        #expect(try configuration.founding.quorum.commitCopies == 2)
        #expect(try configuration.founding.quorum.electVotes == 2)
    }

    @Test func theClientPortMayStandInTheMembersLine() throws {
        let text = "dataDir=data\nserver.1=a:2888:3888;10.1.1.1:2281\nserver.2=b:2888:3888\n"
        let configuration = try ConfigurationText.read(text)
        #expect(configuration.clientPort == 2281)
        #expect(configuration.clientPortAddress == "10.1.1.1")
    }

    /// Lines that conformance suites of clients write and that a server has to start with.
    @Test func linesOfClientSuitesAreAccepted() throws {
        let configuration = try ConfigurationText.read(
            ConfigurationText.three + """
                secureClientPort=2281
                maxClientCnxns=0
                serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory
                authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider
                ssl.keyStore.location=server.pem
                ssl.trustStore.location=ca.pem
                readonlymode.enabled=true
                4lw.commands.whitelist=*
                reconfigEnabled=true
                localSessionsEnabled=false
                localSessionsUpgradingEnabled=false
                DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=
                java.security.auth.login.config=jaas.conf
                initLimit=4
                syncLimit=2
                peerType=participant
                """)
        #expect(configuration.superDigest == "super:D/InIHSb7yEEbrWz8b9l71RjZJU=")
        #expect(configuration.fourLetterWords == .all)
        #expect(configuration.secureClientPort?.port == 2281)
        #expect(configuration.secureClientPort?.clientAuth == .need)
        #expect(configuration.warnings.isEmpty)
    }

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
            text: ConfigurationText.alone + "quorate.faults.flushDelayMs=3", place: "zoo.cfg:3: ", says: "faults are not armed",
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

    @Test func anUnknownKeyIsAWarningAndWithStrictAnError() throws {
        let text = ConfigurationText.alone + "tikTime=5\nfavouriteColour=red\n"
        let configuration = try ConfigurationText.read(text)
        #expect(
            configuration.warnings.map(\.description) == [
                "zoo.cfg:3: tikTime is not a key that ZooKeeper or Quorate knows. The nearest is tickTime.",
                "zoo.cfg:4: favouriteColour is not a key that ZooKeeper or Quorate knows. Remove the line.",
            ])
        #expect(ConfigurationText.problems(text, strict: true).map(\.line) == [3, 4])
    }

    @Test func aKeyWithTheJavaPrefixIsAWarningThatNamesTheBareKey() throws {
        let configuration = try ConfigurationText.read(ConfigurationText.alone + "zookeeper.tickTime=5\n")
        #expect(configuration.warnings.first?.sentence.contains("Write tickTime.") == true)
        #expect(configuration.tickTimeMs == 3000)
    }

    @Test func aKeyThatStandsTwiceIsAWarningAndTheLaterCounts() throws {
        let configuration = try ConfigurationText.read(ConfigurationText.alone + "tickTime=5\ntickTime=6\n")
        #expect(configuration.tickTimeMs == 6)
        #expect(configuration.warnings.map(\.line) == [4])
    }

    @Test func membersTalkPlainOnlyWithANotice() throws {
        let plain = try ConfigurationText.read(ConfigurationText.three)
        #expect(plain.notices.map(\.sentence) == ["Members talk plain TCP to each other; sslQuorum=true makes it TLS."])
        let unused = try ConfigurationText.read(ConfigurationText.three + "ssl.quorum.keyStore.location=m.pem")
        #expect(unused.warnings.map(\.line) == [6])
    }

    @Test func membersTLSTakesZooKeepersKeysOrOurs() throws {
        let theirs = try ConfigurationText.read(
            ConfigurationText.three
                + "sslQuorum=true\nssl.quorum.keyStore.location=m.pem\nssl.quorum.trustStore.location=ca.pem\n"
                + "ssl.quorum.enabledProtocols=TLSv1.3,TLSv1.2\nssl.quorum.hostnameVerification=false\n")
        #expect(
            theirs.quorumTLS
                == .init(certificate: "m.pem", key: "m.pem", authority: "ca.pem", verifiesHost: false, allowsTLS12: true))
        let ours = try ConfigurationText.read(
            ConfigurationText.three
                + "sslQuorum=true\nquorate.quorum.tls.cert=m.pem\nquorate.quorum.tls.key=k.pem\nquorate.quorum.tls.ca=ca.pem\n")
        #expect(
            ours.quorumTLS
                == .init(certificate: "m.pem", key: "k.pem", authority: "ca.pem", verifiesHost: true, allowsTLS12: false))
    }

    @Test func theSecureClientPortTakesZooKeepersKeysOrOurs() throws {
        let theirs = try ConfigurationText.read(
            "dataDir=data\nsecureClientPort=2281\nsecureClientPortAddress=::1\nssl.keyStore.location=m.pem\n"
                + "ssl.trustStore.location=ca.pem\nssl.clientAuth=want\nnetty.server.outstandingHandshake.limit=250\n")
        #expect(theirs.clientPort == nil)
        #expect(
            theirs.secureClientPort
                == .init(
                    port: 2281, address: "::1", certificate: "m.pem", key: "m.pem", authority: "ca.pem", clientAuth: .want,
                    allowsTLS12: true, handshakeLimit: 250))
        #expect(theirs.notices.isEmpty && theirs.warnings.isEmpty)
        let ours = try ConfigurationText.read(
            ConfigurationText.alone + "secureClientPort=2281\nquorate.client.tls.cert=m.pem\nquorate.client.tls.key=k.pem\n"
                + "ssl.clientAuth=none\nssl.protocol=TLSv1.3\n")
        #expect(ours.clientPort == 2181)
        #expect(
            ours.secureClientPort
                == .init(
                    port: 2281, certificate: "m.pem", key: "k.pem", authority: nil, clientAuth: .none, allowsTLS12: false))
        let unused = try ConfigurationText.read(
            ConfigurationText.alone + "ssl.keyStore.location=m.pem\nssl.clientAuth=none\n")
        #expect(unused.secureClientPort == nil)
        #expect(unused.warnings.map(\.line) == [3, 4])
    }

    @Test(arguments: [(1, 1, 1), (2, 2, 2), (3, 2, 2), (4, 2, 3), (5, 3, 3), (6, 3, 4), (7, 4, 4)])
    func halfIsTheDefaultCommitQuorum(_ count: Int, _ copies: Int, _ votes: Int) throws {
        let lines = (1...count).map { "server.\($0)=n\($0):1:2" }.joined(separator: "\n")
        let configuration = try ConfigurationText.read(ConfigurationText.alone + lines)
        #expect(try configuration.founding.quorum.commitCopies == copies)
        #expect(try configuration.founding.quorum.electVotes == votes)
    }

    @Test func observersWeightsAndGroupsMakeTheQuorums() throws {
        let observed = try ConfigurationText.read(ConfigurationText.three + "server.4=d:1:2:observer\npeerType=participant")
        #expect(try observed.founding.text == "voters 1,2,3; observers 4; commit 2 of 3, elect 2; minCopies 2")
        #expect(observed.warnings.isEmpty)
        let weighed = try ConfigurationText.read(ConfigurationText.three + "weight.1=2")
        #expect(try weighed.founding.text == "voters 1*2,2,3; commit weight 3 of 4, elect 3; minCopies 2")
        let nine = (1...9).map { "server.\($0)=n\($0):1:2\n" }.joined()
        let grouped = try ConfigurationText.read(
            ConfigurationText.alone + nine + "group.1=1:2:3\ngroup.2=4:5:6\ngroup.3=7:8:9")
        #expect(
            try grouped.founding.text
                == "voters 1,2,3,4,5,6,7,8,9; commit 2 of 3 groups, elect 2, by weights (1,2,3: 2/2) (4,5,6: 2/2) (7,8,9: 2/2); "
                + "minCopies 2")
        let three = try ConfigurationText.read(ConfigurationText.three + "quorate.commitQuorum=3")
        #expect(try three.founding.text == "voters 1,2,3; commit 3 of 3, elect 2; minCopies 2")
        let wrong = try ConfigurationText.read(ConfigurationText.three + "peerType=observer")
        #expect(
            wrong.warnings.map(\.description) == [
                "zoo.cfg:6: peerType is observer, but server.1 says participant, which counts. Make the two agree."
            ])
    }

    @Test func minCopiesRaisesTheCommitQuorum() throws {
        let two = ConfigurationText.alone + "server.1=a:1:2\nserver.2=b:1:2\n"
        #expect(
            try ConfigurationText.read(two + "quorate.commitQuorum=half\nquorate.minCopies=1").founding.quorum.commitCopies == 1)
        #expect(try ConfigurationText.read(two + "quorate.commitQuorum=majority").founding.quorum.commitCopies == 2)
        #expect(try ConfigurationText.read(ConfigurationText.three + "quorate.minCopies=3").founding.quorum.commitCopies == 3)
    }

    @Test func flushingEndsOnlyWithBothKeys() throws {
        let both = try ConfigurationText.read(ConfigurationText.alone + "forceSync=no\nquorate.unsafe.noFsync=true")
        #expect(!both.flushes)
        let one = try ConfigurationText.read(ConfigurationText.alone + "quorate.unsafe.noFsync=true")
        #expect(one.flushes)
        #expect(one.notices.map(\.line) == [3])
    }

    @Test func faultsAreArmedOnLoopbackOnly() throws {
        let text = ConfigurationText.alone + "clientPortAddress=127.0.0.1\nquorate.faults=true\nquorate.faults.flushDelayMs=7\n"
        #expect(try ConfigurationText.read(text).faults?.flushDelayMs == 7)
        #expect(try ConfigurationText.read(text + "quorate.faults.hangSnapshots=true\n").faults?.hangSnapshots == true)
        for open in ["10.0.0.1", "127.0.0.1.example", "::", "0.0.0.0"] {
            let text = ConfigurationText.alone + "clientPortAddress=\(open)\nquorate.faults=true\n"
            #expect(ConfigurationText.problems(text).count == 1)
        }
    }

    @Test func requestsStayBelowTheWireLimit() throws {
        let configuration = try ConfigurationText.read(ConfigurationText.alone + "jute.maxbuffer=0x2000000")
        #expect(configuration.juteMaxBuffer == 16 << 20)
        #expect(configuration.notices.count == 1)
    }

    @Test func aMissingOrUnreadableFileIsOneSentence() {
        for (path, says) in [("/nonexistent/zoo.cfg", "There is no such file."), ("/", "The file can't be read")] {
            do {
                _ = try ServerConfiguration(path: path)
                Issue.record("\(path) was read")
            } catch {
                #expect(error.problems.count == 1)
                #expect(error.description.hasPrefix("\(path): \(says)"))
            }
        }
    }
}

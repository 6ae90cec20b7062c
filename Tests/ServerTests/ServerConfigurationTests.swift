// Whole configurations: what comes out of good ones, and of those that are only worth a warning.

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
        let text = ConfigurationText.alone + "clientPortAddress=127.0.0.1\nquorate.faults=true\nquorate.faults.flushDelayUs=7\n"
        #expect(try ConfigurationText.read(text).faults?.flushDelayUs == 7)
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

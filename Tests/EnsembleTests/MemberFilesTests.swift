// The zoo.cfg of a launched member, line by line.

import Ensemble
import Testing

@Suite struct MemberFilesTests {
    private func order(nodes: Int, tls: Bool = false, settings: [(key: String, value: String)] = []) -> EnsembleOrder {
        EnsembleOrder(
            nodes: nodes, directory: "/d", logDirectory: "/l", command: .quorate(program: "/bin/quorate"), settings: settings,
            tls: tls ? MemberTLS(authority: "/c/ca.pem", certificate: "/c/m.pem", key: "/c/m-key.pem") : nil)
    }

    private let ports = [
        MemberPorts([2181, 8081, 2888, 3888]), MemberPorts([2182, 8082, 2889, 3889]), MemberPorts([2183, 8083, 2890, 3890]),
    ]

    @Test func threeMembersWithTLS() {
        let text = MemberFiles.configuration(order(nodes: 3, tls: true), id: 2, directory: "/d/member-2", ports: ports)
        #expect(
            text == """
                dataDir=/d/member-2/data
                clientPort=2182
                clientPortAddress=127.0.0.1
                tickTime=2000
                initLimit=10
                maxClientCnxns=0
                4lw.commands.whitelist=*
                admin.enableServer=true
                admin.serverAddress=127.0.0.1
                admin.serverPort=8082
                server.1=127.0.0.1:2888:3888
                server.2=127.0.0.1:2889:3889
                server.3=127.0.0.1:2890:3890
                sslQuorum=true
                quorate.quorum.tls.cert=/c/m.pem
                quorate.quorum.tls.key=/c/m-key.pem
                quorate.quorum.tls.ca=/c/ca.pem

                """)
    }

    private var clientTLS: ClientTLS {
        ClientTLS(files: MemberTLS(authority: "/c/ca.pem", certificate: "/c/m.pem", key: "/c/m-key.pem"))
    }

    @Test func aSecurePortForClientsOfOurs() {
        var order = order(nodes: 1)
        order.clientTLS = clientTLS
        let ports = [MemberPorts([2181, 8081, 2888, 3888, 2281])]
        #expect(ports[0].secureClient == 2281)
        let text = MemberFiles.configuration(order, id: 1, directory: "/d/member-1", ports: ports)
        #expect(
            text.hasSuffix(
                """
                secureClientPort=2281
                secureClientPortAddress=127.0.0.1
                ssl.clientAuth=none
                quorate.client.tls.cert=/c/m.pem
                quorate.client.tls.key=/c/m-key.pem
                quorate.client.tls.ca=/c/ca.pem

                """))
    }

    @Test func anotherServerGetsZooKeepersLinesForBoth() {
        var order = order(nodes: 3, tls: true)
        order.command = .other(ProcessCommand(program: "/bin/java", arguments: ["{config}"]))
        order.clientTLS = clientTLS
        order.clientTLS?.needsCertificate = true
        let ports = (1...3).map { member in
            MemberPorts([2181, 8081, 2888, 3888, 2281].map { UInt16($0 + 10_000 * member) }[...])
        }
        let text = MemberFiles.configuration(order, id: 2, directory: "/d/member-2", ports: ports)
        #expect(!text.contains("quorate."))
        for line in [
            "sslQuorum=true", "ssl.quorum.keyStore.location=/d/member-2/quorum-store.pem", "ssl.quorum.protocol=TLSv1.3",
            "ssl.quorum.ciphersuites=TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384", "secureClientPort=22281",
            "ssl.keyStore.location=/d/member-2/client-store.pem", "ssl.keyStore.type=PEM",
            "ssl.trustStore.location=/c/ca.pem", "ssl.clientAuth=need", "ssl.enabledProtocols=TLSv1.3",
            "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory", "syncLimit=5",
        ] {
            #expect(text.split(separator: "\n").count { $0 == line } == 1, "\(line)\n\(text)")
        }
    }

    @Test func oneMemberHasNobodyToTalkTo() {
        let text = MemberFiles.configuration(order(nodes: 1, tls: true), id: 1, directory: "/d", ports: [ports[0]])
        #expect(!text.contains("server.1="))
        #expect(!text.contains("sslQuorum"))
    }

    @Test func settingsWinAndBackslashesKeepTheirMeaning() {
        let settings = [
            (key: "tickTime", value: "500"), (key: "quorate.dispatch", value: "gated"), (key: "dataLogDir", value: "a\\b"),
        ]
        let text = MemberFiles.configuration(order(nodes: 1, settings: settings), id: 1, directory: "/d", ports: [ports[0]])
        #expect(text.hasSuffix("tickTime=500\nquorate.dispatch=gated\ndataLogDir=a\\\\b\n"))
        #expect(!text.contains("tickTime=2000"))
    }
}

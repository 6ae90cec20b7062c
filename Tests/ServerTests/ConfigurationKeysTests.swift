// The table of keys against the list of what ZooKeeper deployments write, so that no key of that list is ever unknown here,
// and against the reader, so that no key is said to work that nobody asks for.

import Server
import Testing

@Suite struct ConfigurationKeysTests {
    /// Every key that ZooKeeper's own documentation and the usual container images name.
    static let written = """
        tickTime initLimit syncLimit connectToLearnerMasterLimit dataDir dataLogDir clientPort clientPortAddress
        secureClientPort secureClientPortAddress clientPortListenBacklog maxClientCnxns maxCnxns minSessionTimeout
        maxSessionTimeout autopurge.snapRetainCount autopurge.purgeInterval snapCount snapSizeLimitInKb preAllocSize
        txnLogSizeLimitInKb commitLogCount globalOutstandingLimit flushDelay maxWriteQueuePollTime maxBatchSize
        fsync.warningthresholdms forceSync leaderServes peerType observerMasterPort syncEnabled standaloneEnabled
        reconfigEnabled dynamicConfigFile skipACL superDigest DigestAuthenticationProvider.superDigest
        DigestAuthenticationProvider.digestAlg authProvider.1 authProvider.sasl sessionRequireClientSASLAuth enforce.auth.enabled
        enforce.auth.schemes requireClientAuthScheme jaasLoginRenew quorum.auth.enableSasl quorum.auth.learnerRequireSasl
        quorum.auth.serverRequireSasl quorum.auth.learner.loginContext quorum.auth.server.loginContext
        quorum.auth.kerberos.servicePrincipal quorum.cnxn.threads.size quorumListenOnAllIPs electionAlg cnxTimeout
        tcpKeepAlive clientTcpKeepAlive electionPortBindRetry localSessionsEnabled localSessionsUpgradingEnabled
        extendedTypesEnabled znode.container.checkIntervalMs znode.container.maxPerMinute
        znode.container.maxNeverUsedIntervalMs 4lw.commands.whitelist admin.enableServer admin.serverAddress
        admin.serverPort admin.commandURL admin.idleTimeout admin.forceHttps admin.portUnification admin.needClientAuth
        admin.snapshot.enabled admin.restore.enabled admin.rateLimiterIntervalInMS metricsProvider.className
        metricsProvider.httpHost metricsProvider.httpPort metricsProvider.exportJvmInfo enforceQuota enableEagerACLCheck
        digest.enabled audit.enable request_throttle_max_requests throttledOpWaitTime largeRequestMaxBytes
        largeRequestThreshold jute.maxbuffer maxResponseCacheSize maxGetChildrenResponseCacheSize
        commitProcessor.numWorkerThreads commitProcessor.maxReadBatchSize commitProcessor.maxCommitBatchSize
        nio.numSelectorThreads nio.numWorkerThreads readonlymode.enabled multiAddress.enabled oraclePath
        server.1 group.1 weight.1 sslQuorum portUnification client.portUnification sslQuorumReloadCertFiles
        netty.server.outstandingHandshake.limit client.certReload
        ssl.authProvider ssl.sslProvider fips-mode serverCnxnFactory java.security.auth.login.config
        """.split(whereSeparator: \.isWhitespace).map(String.init)
        + ["ssl.", "ssl.quorum."].flatMap { prefix in
            """
            keyStore.location keyStore.password keyStore.passwordPath keyStore.type trustStore.location trustStore.password
            trustStore.passwordPath trustStore.type protocol enabledProtocols ciphersuites hostnameVerification
            clientHostnameVerification allowReverseDnsLookup crl ocsp clientAuth handshakeDetectionTimeoutMillis
            context.supplier.class
            """.split(whereSeparator: \.isWhitespace).map { prefix + $0 }
        }

    /// A value that the kind of a key takes.
    private func example(_ key: ConfigurationKey) -> String {
        if key.name == "server.*" { return "a:2888:3888" }
        switch key.kind {
        case .integer(_, let example): return String(example)
        case .boolean: return "false"
        case .yesNo: return "no"
        case .choice(let choices), .choiceOrInteger(let choices, _): return choices[0]
        case .text(let example): return example
        case .free: return ""
        }
    }

    private func reader() -> ConfigurationReader {
        ConfigurationReader(file: "zoo.cfg", strict: false) { _ in .missing }
    }

    @Test(arguments: written)
    func noWrittenKeyIsUnknown(_ key: String) {
        for text in ["\(key)=", "\(key)=true", "\(key)=1"] {
            let problems = ConfigurationText.problems(ConfigurationText.alone + text)
            #expect(!problems.contains { $0.sentence.contains("is not a key") }, "\(problems)")
            let warnings = (try? ConfigurationText.read(ConfigurationText.alone + text))?.warnings ?? []
            #expect(!warnings.contains { $0.sentence.contains("is not a key") }, "\(warnings)")
        }
    }

    @Test func namesStandOnce() {
        let names = ConfigurationKeys.all.map(\.name)
        #expect(names.count == Set(names).count)
    }

    @Test func everyKeyThatWorksIsAskedForAndNoOther() throws {
        var reader = reader()
        reader.read(ConfigurationText.alone)
        _ = try reader.assemble()
        let working = ConfigurationKeys.all.filter { key in
            switch key.handling {
            case .works, .differs: key.name != "electionAlg"
            case .idle, .refused, .refusedWhen, .refusedUnless: false
            }
        }
        // electionAlg has one legal value, so there is nothing to ask.
        #expect(Set(working.map(\.name)).subtracting(reader.asked) == [])
        #expect(reader.asked.subtracting(working.map(\.name)) == [])
    }

    @Test(arguments: ConfigurationKeys.all.map(\.name))
    func theExampleOfARemedyIsItselfAccepted(_ name: String) throws {
        let key = try #require(ConfigurationKeys.all.first { $0.name == name })
        #expect(key.kind.objection(to: example(key), key: name) == nil)
    }

    @Test func everyIdleKeyGivesOneNoticeWithFileAndLine() throws {
        for key in ConfigurationKeys.all {
            guard case .idle(let instead) = key.handling else { continue }
            let name = key.name.replacing(".*", with: ".1")
            let configuration = try ConfigurationText.read(ConfigurationText.alone + "\(name)=\(example(key))")
            let notices = configuration.notices.filter { $0.key == name }
            #expect(notices.count == 1, "\(name)")
            #expect(notices.first?.description == "zoo.cfg:3: \(name) is accepted and has no effect yet: \(instead).")
        }
    }

    @Test(arguments: [
        "enforceQuota=true", "skipACL=yes", "dynamicConfigFile=zoo.dynamic", "oraclePath=/o",
        "DigestAuthenticationProvider.digestAlg=SHA256", "sessionRequireClientSASLAuth=true", "enforce.auth.enabled=true",
        "requireClientAuthScheme=sasl", "quorum.auth.enableSasl=true", "quorum.auth.learnerRequireSasl=true",
        "quorum.auth.serverRequireSasl=true", "audit.enable=true", "admin.forceHttps=true", "admin.needClientAuth=true",
        "portUnification=true", "ssl.quorum.crl=true", "ssl.quorum.ocsp=true",
        "ssl.quorum.context.supplier.class=com.example.Supplier", "client.portUnification=true",
        "ssl.crl=true", "ssl.ocsp=true", "ssl.clientHostnameVerification=true",
        "ssl.context.supplier.class=com.example.Supplier", "ssl.authProvider=mine",
    ])
    func whatSafetyOrSecurityHangsOnIsRefusedByName(_ line: String) {
        let problems = ConfigurationText.problems(ConfigurationText.alone + line)
        let key = String(line.prefix { $0 != "=" })
        #expect(problems.count == 1)
        #expect(problems.first?.line == 3)
        #expect(problems.first?.sentence.hasPrefix(key) == true)
        #expect(problems.first?.sentence.contains("is refused") == true)
        #expect(problems.first?.remedy.contains("remove the line") == true || problems.first?.remedy == "Remove the line.")
    }

    @Test(arguments: [
        "peerType=participant", "skipACL=no", "DigestAuthenticationProvider.digestAlg=SHA1", "sessionRequireClientSASLAuth=false",
        "enforce.auth.enabled=false", "quorum.auth.enableSasl=false", "audit.enable=false", "admin.forceHttps=false",
        "portUnification=false", "ssl.quorum.crl=false", "client.portUnification=false", "ssl.crl=false", "ssl.authProvider=x509",
    ])
    func theSameKeysPassSilentlyWithTheValueThatHoldsAnyway(_ line: String) throws {
        let configuration = try ConfigurationText.read(ConfigurationText.alone + line)
        #expect(configuration.notices.isEmpty)
        #expect(configuration.warnings.isEmpty)
    }

    @Test(arguments: ConfigurationKeys.all.map(\.name))
    func aValueOfTheWrongFormIsNamedWithLineAndRemedy(_ name: String) throws {
        let key = try #require(ConfigurationKeys.all.first { $0.name == name })
        let wrong: String
        switch key.kind {
        case .integer: wrong = "lots"
        case .boolean, .yesNo, .choice, .choiceOrInteger: wrong = "perhaps"
        case .text: wrong = ""
        case .free: return
        }
        let problems = ConfigurationText.problems(ConfigurationText.alone + "\n\(name.replacing(".*", with: ".1"))=\(wrong)")
        let stem = name.replacing(".*", with: ".1")
        let problem = try #require(problems.first { $0.line == 4 }, "\(problems)")
        #expect(problem.file == "zoo.cfg")
        #expect(problem.sentence.hasPrefix(stem))
        #expect(!problem.remedy.isEmpty)
    }

    @Test func integersOutsideTheirRangeAreNamedWithTheRange() throws {
        for key in ConfigurationKeys.all {
            guard case .integer(let range, _) = key.kind else { continue }
            for outside in [range.lowerBound - 1] + (range.upperBound == .max ? [] : [range.upperBound + 1]) {
                let problems = ConfigurationText.problems(ConfigurationText.alone + "\(key.name)=\(outside)")
                #expect(problems.contains { $0.line == 3 && $0.sentence.contains("has to be") }, "\(key.name)=\(outside)")
            }
        }
    }
}

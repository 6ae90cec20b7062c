// Reads the keys that say how members know each other: ZooKeeper's `ssl.quorum.` keys with PEM files, or our own three.
// The rule: TLS if and only if `sslQuorum=true`; never a silent way down from it. The files themselves are opened by Transport.

import Transport

extension ConfigurationReader {
    mutating func quorumTLS(members: [ConfigurationMember]) -> ServerConfiguration.QuorumTLS? {
        let wanted = flag("sslQuorum", false)
        let own = (
            certificate: text("quorate.quorum.tls.cert"), key: text("quorate.quorum.tls.key"),
            authority: text("quorate.quorum.tls.ca")
        )
        let keyStore = store("ssl.quorum.keyStore")
        let trustStore = store("ssl.quorum.trustStore")
        let verifiesHost = flag("ssl.quorum.hostnameVerification", true)
        let allowsTLS12 = tlsVersions("ssl.quorum.", standard: "TLSv1.3", who: "members").contains("TLSv1.2")
        let suites = cipherSuites("ssl.quorum.ciphersuites")
        guard wanted else {
            refuseUnusedFiles()
            if members.count > 1 {
                let entry = values["sslQuorum"] ?? memberEntries[0]
                notice(entry, "Members talk plain TCP to each other; sslQuorum=true makes it TLS.")
            }
            return nil
        }
        let line = values["sslQuorum"]?.line ?? 0
        guard let certificate = own.certificate ?? keyStore else {
            fail(
                line, "sslQuorum=true needs this member's certificate.",
                remedy: "Write ssl.quorum.keyStore.location=FILE.pem (key and certificate), or quorate.quorum.tls.cert and .key.")
            return nil
        }
        guard let authority = own.authority ?? trustStore else {
            fail(
                line, "sslQuorum=true needs the certificate authority of the members.",
                remedy: "Write ssl.quorum.trustStore.location=CA.pem, or quorate.quorum.tls.ca=CA.pem.")
            return nil
        }
        for (role, chosen) in [("cert", "keyStore"), ("key", "keyStore"), ("ca", "trustStore")] {
            requireFile(values["quorate.quorum.tls.\(role)"] ?? values["ssl.quorum.\(chosen).location"])
        }
        requireKeyIn(own.key == nil ? values["quorate.quorum.tls.cert"] : nil, keyName: "quorate.quorum.tls.key")
        return ServerConfiguration.QuorumTLS(
            certificate: certificate, key: own.key ?? keyStore ?? certificate, authority: authority, verifiesHost: verifiesHost,
            allowsTLS12: allowsTLS12, cipherSuites: suites)
    }

    /// Those of TLS 1.3; what TLS 1.2 takes, where it is allowed, is not for a file to say.
    mutating func cipherSuites(_ key: String) -> [String] {
        guard text(key) != nil, let entry = values[key] else { return [] }
        let names = entry.value.split { $0 == "," || $0 == " " }.map(String.init)
        if names.isEmpty {
            fail(entry.line, "\(key) names no cipher suite.", remedy: "Remove the line, or name one.")
        }
        guard let strange = names.first(where: { !TLSConfiguration.suites.contains($0) }) else { return names }
        let known = TLSConfiguration.suites.joined(separator: ", ")
        fail(
            entry.line, "\(key) names '\(strange)', which is no cipher suite of TLS 1.3 that is spoken here.",
            remedy: "Name some of \(known), with commas between them.")
        return []
    }

    /// Without a key's own line the certificate's file has to hold the key, too.
    mutating func requireKeyIn(_ entry: ConfigurationEntry?, keyName: String) {
        guard let entry, values[keyName] == nil, case .text(let text) = open(entry.value), !text.contains("PRIVATE KEY") else {
            return
        }
        fail(
            entry.line, "\(entry.key) is \(entry.value), which holds no private key, and \(keyName) is missing.",
            remedy: "Write \(keyName)=FILE.pem.")
    }

    /// A file that can't be opened is found here, where its line is known; what is in it is libssl's to judge.
    mutating func requireFile(_ entry: ConfigurationEntry?) {
        guard let entry, !problems.contains(where: { $0.line == entry.line }) else { return }
        switch open(entry.value) {
        case .text, .unsuitable: return
        case .missing:
            fail(
                entry.line, "\(entry.key) is \(entry.value), and there is no such file.",
                remedy: "Correct the path, which is reckoned from the directory in which the server starts.")
        case .unreadable(let why):
            fail(
                entry.line, "\(entry.key) is \(entry.value), which can't be read: \(why).",
                remedy: "Let this server's user read it, or name another file.")
        }
    }

    private mutating func refuseUnusedFiles() {
        refuseUnused("quorate.quorum.tls.", "members talk plain TCP", remedy: "Add sslQuorum=true, or remove the line.")
        warnOfUnused("ssl.quorum.", "without sslQuorum=true members talk plain TCP")
    }

    /// Whoever gives certificates under our own keys means them to be used, so without TLS they are an error; with ZooKeeper's
    /// keys its own rule holds, and a warning says what holds instead.
    mutating func refuseUnused(_ prefix: String, _ why: String, remedy: String) {
        for key in ["cert", "key", "ca"].map({ prefix + $0 }) {
            guard let entry = values[key] else { continue }
            fail(entry.line, "\(key) is set, but \(why).", remedy: remedy)
        }
    }

    mutating func warnOfUnused(_ prefix: String, _ why: String) {
        for key in ["keyStore.location", "trustStore.location"].map({ prefix + $0 }) {
            guard let entry = values[key] else { continue }
            warn(entry, "\(key) is not used: \(why).")
        }
    }

    /// The file of a store such as `ssl.keyStore`, which has to be PEM: libssl reads nothing of Java's.
    mutating func store(_ name: String) -> String? {
        let type = text("\(name).type")?.uppercased()
        guard let location = text("\(name).location") else { return nil }
        let line = values["\(name).location"]?.line ?? 0
        let lower = location.lowercased()
        let isPKCS12 = type == "PKCS12" || (type == nil && (lower.hasSuffix(".p12") || lower.hasSuffix(".pfx")))
        let isJava = type == "JKS" || type == "BCFKS" || (type == nil && (lower.hasSuffix(".jks") || lower.hasSuffix(".bcfks")))
        let file = name.split(separator: ".").last ?? ""
        if isPKCS12 {
            fail(
                line, "\(name).location is a PKCS12 file, and only PEM is read.",
                remedy: "Convert it: openssl pkcs12 -in \(location) -out \(file).pem -nodes")
        } else if isJava {
            fail(
                line, "\(name).location is a Java key store, and only PEM is read.",
                remedy: "Convert it: keytool -importkeystore -srckeystore \(location) -destkeystore \(file).p12 "
                    + "-deststoretype PKCS12 && openssl pkcs12 -in \(file).p12 -out \(file).pem -nodes")
        } else if let type, type != "PEM" {
            fail(
                values["\(name).type"]?.line ?? line, "\(name).type is '\(type)', and only PEM is read.",
                remedy: "Convert the file to PEM and write \(name).type=PEM.")
        }
        return location
    }

    /// What `protocol` and `enabledProtocols` under this prefix let pass.
    mutating func tlsVersions(_ prefix: String, standard: String, who: String) -> [String] {
        let chosen = text(prefix + "protocol") ?? standard
        let enabled = text(prefix + "enabledProtocols")
        let list = (enabled ?? chosen).split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        for version in list where version != "TLSv1.3" && version != "TLSv1.2" {
            fail(
                values[prefix + "enabledProtocols"]?.line ?? 0,
                "\(prefix)enabledProtocols names '\(version)', which \(who) don't speak.",
                remedy: "Write \(prefix)enabledProtocols=TLSv1.3, or TLSv1.3,TLSv1.2.")
        }
        return list
    }
}

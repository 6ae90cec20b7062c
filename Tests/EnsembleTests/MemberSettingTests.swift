// What `--setting` takes, and what it refuses because the launcher decides it.

import Ensemble
import Testing

@Suite struct MemberSettingTests {
    @Test func aLineIsKeyAndValue() throws {
        let line = try MemberSetting.read("quorate.heartbeatMs=20")
        #expect(line.key == "quorate.heartbeatMs" && line.value == "20")
        #expect(try MemberSetting.read("a=b=c").value == "b=c")
        #expect(try MemberSetting.read("a=").value == "")
    }

    @Test(arguments: ["", "=", "=1", "tickTime", "a b=1", "a=b\nclientPort=1", "a\u{2028}=1"])
    func whatIsNoLine(_ text: String) {
        #expect(throws: MemberSettingError.self) { try MemberSetting.read(text) }
    }

    @Test(arguments: [
        "dataDir=/tmp", "dataLogDir=/tmp", "clientPort=99", "clientPortAddress=::", "admin.serverPort=1", "server.1=a:1:2",
    ])
    func whatTheLauncherDecides(_ text: String) throws {
        let error = try #require(throws: MemberSettingError.self) { try MemberSetting.read(text) }
        #expect(error.description.contains("can't be given"))
    }

    @Test func whatIsAsGoodAsAPasswordIsNotShown() {
        #expect(MemberSetting.shown(key: "tickTime", value: "1=2") == "tickTime=1=2")
        for key in ["superDigest", "DigestAuthenticationProvider.superDigest", "ssl.keyStore.password"] {
            #expect(MemberSetting.shown(key: key, value: "s3cret") == "\(key)=(not shown)")
            let words = ["bench", "--setting", "\(key)=s3cret=", "--setting=\(key)=s3cret", "--nodes=1", "tickTime=superDigest"]
            let shown = MemberSetting.shown(words: words)
            #expect(
                shown == [
                    "bench", "--setting", "\(key)=(not shown)", "--setting=\(key)=(not shown)", "--nodes=1",
                    "tickTime=superDigest",
                ])
        }
    }
}

//! Records that OpenSSL 3.0 wrote: its own `s_client`, talking to its `s_server` through a proxy that
//! kept the bytes. For each mode the Finished of the client, and what it sent next.

use super::*;

/// A session up to TLS 1.2.
struct Session {
    version: Version,
    suite: u16,
    order: MacOrder,
    master: &'static str,
    client_random: &'static str,
    server_random: &'static str,
    /// Of the client, from its Finished on.
    records: &'static [&'static str],
}

#[test]
fn what_openssl_sealed_opens() {
    for session in SESSIONS {
        let suite = suite::find(session.suite).expect("it is in the table");
        let random = |digits| <[u8; 32]>::try_from(hex(digits)).expect("32 bytes");
        let pair = Protection::of_master_secret(
            session.version,
            suite,
            &Secret::new(hex(session.master)),
            &ClientRandom(random(session.client_random)),
            &random(session.server_random),
            session.order,
        );
        let mut client = pair.expect("the version has the suite").client;
        let mut data = Vec::new();
        for (sequence, record) in (0..).zip(session.records) {
            let opened = open(&mut client, sequence, &hex(record));
            let (content_type, content) = opened.expect(suite.name);
            if sequence == 0 {
                assert_eq!(content_type, ContentType::HANDSHAKE, "{}", suite.name);
                // RFC 5246 §7.4.9: Finished, 12 bytes.
                assert_eq!(content.get(..4), Some([20, 0, 0, 12].as_slice()), "{}", suite.name);
            } else {
                assert_eq!(content_type, DATA, "{}", suite.name);
                data.extend(content);
            }
        }
        assert_eq!(data, b"hello from the client\n", "{}", suite.name);
    }
}

/// `TLS_CHACHA20_POLY1305_SHA256` in TLS 1.3: data, a KeyUpdate, and data under the keys after it.
#[test]
fn what_openssl_sealed_after_a_key_update_opens() {
    let suite = suite::find(0x1303).expect("TLS_CHACHA20_POLY1305_SHA256");
    let secret = Secret::new(hex(TRAFFIC_SECRET));
    let mut client = Protection::of_traffic_secret(suite, &secret).expect("it fits");
    let [before, update, after] = UPDATED.map(hex);
    assert_eq!(open(&mut client, 0, &before), Ok((DATA, b"hello from the client\n".to_vec())));
    // RFC 8446 §4.6.3: KeyUpdate, 1 byte: the peer is asked to update its keys as well.
    assert_eq!(open(&mut client, 1, &update), Ok((ContentType::HANDSHAKE, vec![24, 0, 0, 1, 1])));
    let mut next = client.updated().expect("TLS 1.3 has key updates");
    assert_eq!(open(&mut next, 0, &after), Ok((DATA, b"after the update\n".to_vec())));
}

const TRAFFIC_SECRET: &str = "b2e94f37b395528d3b7fab3413abcbe08d426a1c4c96f89a4433bcfa8d59b092";
const UPDATED: [&str; 3] = [
    "1703030027da6a11cd1cec6d8d89f3210618d140ff2e76d79d3725e5f69c17e76464e338e0fae6abf7204bfa",
    "170303001656e35961e643799f1abc42378446aee6ad071720a4d1",
    "1703030022fe2f7bcef0be79ca2ec553c78fb4cbeda101a1a86403e224392494ae69f0e087a0ae",
];

const SESSIONS: &[Session] = &[
    Session {
        version: Version::TLS_1_0,
        suite: 0x002F,
        order: MacOrder::MacThenEncrypt,
        master: "8d0b87f884a9d352cfabb2bb39437ee0512fbc8424b1cb5c7566951e0f13eb4133c4f67809bce45f6
                 1f6df7cd8e3adc8",
        client_random: "da05fb21360175320be4f36a2f09207ecc9906e658cebe7b4a13302bcc5d4887",
        server_random: "af08fb245b8ef6e922c21dde8da9949383323b7294feed4cced8560ef93d9745",
        records: &[
            "1603010030d690c726b07510023210778231e6cc6ae332ea14e912de8876f46a7adcb42b95755935c925a
             355df473592f0e728168b",
            "17030100209829a1b8fb6a594455548cc946dbfe992fa5c71bd504e8b8ef38da96e5adb994",
            "1703010030b8bd7c3a41594dd2cc4945a3549cd9a0bc1b49e578e58297557f0a0af134dd978fca2a87904
             e2dc9061830fce4913e8e",
        ],
    },
    Session {
        version: Version::TLS_1_0,
        suite: 0x002F,
        order: MacOrder::EncryptThenMac,
        master: "f46f48e3afa188a47d15cdfa5f637803b1bca7efe6cada4666cfac3bda321736b38e8698ea23c30b6
                 ab29833459be1a1",
        client_random: "c8dda392d50d1456c45b264df4b791b48ddaf815b755029adbed8c401d7258a1",
        server_random: "6deeba646522f65b56c9ea607643ef443b50a26fb6a2d653ecebd430ddcc03d0",
        records: &[
            "1603010034ca251c34fcbc3b6e74f191d940ae961bd8a84c0ebb96c85d4e1d734df5000ed5d81f1ab0eca
             146513ca60daf9176cda8941d2e0a",
            "1703010024c9151c843973e18400cea7bda5df39566ad2723a490c5ffac1f4065a0f5c97f6627d3850",
            "1703010034d4f5f4647bc772dbb293ca6fdddc63512565a7bdab5d6a464789aa3cf556c14de6d32e3ae88
             4a66e79f71a61f47a1777be87cdc2",
        ],
    },
    Session {
        version: Version::TLS_1_1,
        suite: 0x0035,
        order: MacOrder::EncryptThenMac,
        master: "3f28f61ddfeea47e8a709576c70ad1dbd86ac058445349ac506dd73edb3a99de38c29e81b003af290
                 f0635ec49db7acc",
        client_random: "6e1d0be9aeeca4da7e436a009f735bf14ee549f5a041e7be0115a1d2b1e6f091",
        server_random: "0e970855bfa798bba8da00d28a18aaa705e873d17a29707c0085dbfe813ea6c1",
        records: &[
            "16030200449f0525f0a140463a71c691a31e6f12683e3963372f786e39ee5134d627ed893b4a4a2ba4668
             cccf4434d501d3627187611ae13735365171aa98923dd735b572617b832cb",
            "1703020044d036534e57b057a85eaeb43ac3cc2e7ce0799a794ee9066c602329604c64441f6d4ed64ed51
             4df56d3e1abdd52f32828763958297545d46d4c4eb4aefc30ffc4ed84b17e",
        ],
    },
    Session {
        version: Version::TLS_1_2,
        suite: 0xC028,
        order: MacOrder::MacThenEncrypt,
        master: "1a64426d63cdfbd89f9282468af7246277498e541c3be61de6e0501d2ae92878d473d8abb9a91cc61
                 bd4d7b9b5c4f466",
        client_random: "fbae1252c123558a208693f30656c015d2ad1ada1ad8837afa771057c6ec62c9",
        server_random: "92432649c086f9265a8a16b27521beb4464e1bf0ec60842af8a0e22620e082ef",
        records: &[
            "16030300603e14c2ea691135ad0b35ba267a6a27911c047d14c03d1edcd0479211b07d9cef41c3aabb200
             23e0a6ff61ed74b3b63c2599ee1c3b5ecf2ad1defc9956799fbc2a9f3564e28a0b46c8d600477f31c1c6f
             feb7a51d2abd048c4bd03aa69c6cf635",
            "170303006071e015b063109a83ae13fd4a49abe1993bd327ea1d64448ea49634ebf7c50d520836ce7b7ea
             e41545a599e5568f6906e01cf328d167f06297b9eab032f417ee30ca592e96fe85e9002d5ed3054ed56e7
             43fcb2abc1f085707e58aea548cba44d",
        ],
    },
    Session {
        version: Version::TLS_1_2,
        suite: 0xC027,
        order: MacOrder::EncryptThenMac,
        master: "ec6cd3640691cfe6601020a03738d0deb3eab5122ac1db9172d4fd4459295c8f74db23edba03300b6
                 482942b6f71ea4b",
        client_random: "6332da42b0914bcc763d082d624f0ed2649d3df2454d44b732b113b64b692e8b",
        server_random: "a1b9f892f24fc3967e5a57ba94829133ad5b48d0f681e6b4856bba1bf0e0a61e",
        records: &[
            "160303005047123741a0b177623c4db0cd86813042f84e367e6ba16a0220184d5e8def2a97ab496fa0a12
             76ffd624b1a118a2fba585cfb389d8485824a9f828ae01bc70d47978b49aa109950bc105179763cfd1459",
            "17030300503d1af65f3cf089aa57436866290660cc3d17ce3a04f849bdbbb393eeaa18179a65b0c5dd69c
             cad94a0f8ed5d61e4b157bf852456f5bf697031108ac5bf46e0798bca6dd784b872e6bea2427fa0a961ec",
        ],
    },
    Session {
        version: Version::TLS_1_2,
        suite: 0xC02F,
        order: MacOrder::MacThenEncrypt,
        master: "c7644be32e3af677a95757a080c07142958869443e2307b0e8e3346de115fe947ebdc7d63f62dfff1
                 212f291754635a8",
        client_random: "dbfec37f6fe4fb2ddabb4a50481da03f670a151f085f260977ab7d7c3d55d639",
        server_random: "a73bb721fd0c69451d8418509ebc365567654e072dd0833f829ad365d1de0a7e",
        records: &[
            "1603030028c5cb7c5edfda4a61f1cb078ef261a9a313564cc2bd2271925c435853c8774b40d2b53f7878f
             dbe87",
            "170303002ec5cb7c5edfda4a6278c5b06544f3129d62f5f360e1fe21bd8e99839567bde0d8e15b19044b0
             8d3ebd49aba649c50",
        ],
    },
    Session {
        version: Version::TLS_1_2,
        suite: 0xC030,
        order: MacOrder::MacThenEncrypt,
        master: "82631b040862e2f978e943846eeaeddeb7270855553e72ff47e14ec9aed9b0e27fb5bd0f8cab143e7
                 23c23cf514e9c58",
        client_random: "2f3d8303583cc2cc94c37ad28153bd66ac3dab2666f1d521fe178822aed1cb42",
        server_random: "112d05903392b7c87a49b4791f61626c7b3ba322019cee6bface93ef87330328",
        records: &[
            "1603030028ffe3add21ad06dddbdaee7a382e911bfffd6fe8d6c616e6b8b644e469e94ce1f37504d52c1b
             08fcb",
            "170303002effe3add21ad06dde9977493207dbb192c9c2b280feca1b6266b52fdb7484f4c219b07f6c9cf
             e833f903747a8fc5e",
        ],
    },
    Session {
        version: Version::TLS_1_2,
        suite: 0xC0A0,
        order: MacOrder::MacThenEncrypt,
        master: "a749f1e3387e84fbdcd6002fc95b20c2c657fff87c3ea82173127b2ca26258211f20577f8e10315ee
                 d6c80242bba3b29",
        client_random: "f57e86069c4e397f6708892dad79c8d8c91ef05dc6bf25b87327f49bef48871d",
        server_random: "86c4336227d7f322038043327e1c184d60a9b9053327af4c2eff31307b6a61c3",
        records: &[
            "16030300200000000000000000796da21ae3d1eef292311c6292f9ee832b51699b573d6c50",
            "17030300260000000000000001c052def7445b5478a33e70c0dfba6ec8f26709e3f84e5e66b0883568cb8
             0",
        ],
    },
    Session {
        version: Version::TLS_1_2,
        suite: 0xC09F,
        order: MacOrder::MacThenEncrypt,
        master: "9c85e7580abf680ce92d66b9fd7690bc6095420354f9c6558d2c9a0a324eb36c06ba82db8b1006f88
                 466ce19ee1c20e8",
        client_random: "79fa455eb7800d733540caf25135e0f77714f05884e7471636856f6b482f3733",
        server_random: "dc14e800d3a547093007dae9098be1d0a63d51302823a2b14e4784e4a3c7c57a",
        records: &[
            "16030300280000000000000000c8cb57bbb90aec03b7feaa2202bab0d945a01f2b6cff2ced91cfd5c09c9
             d03b2",
            "170303002e000000000000000175f70b1eefe36f0a6b774f5210680dc599202488656e6fd8014e1e0dd48
             aa848e9dbb4dd6f94",
        ],
    },
    Session {
        version: Version::TLS_1_2,
        suite: 0xCCA8,
        order: MacOrder::MacThenEncrypt,
        master: "a6bfb330dd56e41577a6cdc51239d7134ff166dd7cdd419b4ff555991c672d54e499047ce61bafb29
                 fc519f59abe2abb",
        client_random: "9c6f5b28dd058fd77b2dc33f0a5ea046618bfe10b0c4f264490655b2c7b1e57b",
        server_random: "2d6220553654e9a81c9f91dbbe183fc10681f438a7cfa95a6b3fe4166d45d71f",
        records: &[
            "1603030020ef722de3251f9e3fbd27e42ff72936ffe5e930b85dbc59a537fabb967519335a",
            "17030300264b8ad3552bf588e5922b312be83de854e51c550a9d061a77f7ade33ea47c7927171a6eb4cff
             2",
        ],
    },
    Session {
        version: Version::TLS_1_2,
        suite: 0x003B,
        order: MacOrder::MacThenEncrypt,
        master: "7beb0c73657d8a5d4a1af9f1c2325c28745184d49568fbb52c9079761104e1ca18f0c45c09dc23b17
                 4812d62f70cae42",
        client_random: "ace749cb859e2de170eae26f8d05596e11ae846c0c3531da8b8e8041e5fbd06a",
        server_random: "f735d22584c25c117a418532af2ca844c9d9de59586dae47bd5f246c28a47736",
        records: &[
            "16030300301400000c75989c2bf5a9633396304f82e8977a5a5f52534defb955d9f67a2229986170b2c14
             4228347eaa60760b3bd8c",
            "170303003668656c6c6f2066726f6d2074686520636c69656e740a76372490af6d434621167ec57783bdd
             8fa8d644230d03e3518cd5d4fb73bffa7",
        ],
    },
];

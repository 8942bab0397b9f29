"""Which legacy encoding text is in, told from short files in many languages; and every encoding by every name it has."""

import webencodings.labels  # type: ignore[import-untyped]  # it has no stubs

from services.records.imports import charsets, guess
from services.records.imports.encoding import Decoder

FRENCH = "Prénom;Nom;Ville\nJosé;Léger;Orléans\nZoë;Hélène;Besançon\n"
CZECH = "jméno;město\nJiří;Přerov\nŠárka;Děčín\nRůžena;Plzeň\n"
POLISH = "imię;miasto\nŁukasz;Łódź\nGrażyna;Gdańsk\nŚwiętosław;Częstochowa\n"
RUSSIAN = "имя;город\nИван;Москва\nОльга;Санкт-Петербург\nДмитрий;Новосибирск\n"
GREEK = "όνομα;πόλη\nΓιώργος;Αθήνα\nΕλένη;Θεσσαλονίκη\n"
JAPANESE = "名前;都市\n田中太郎;東京\n鈴木花子;大阪\nサトウ;ナゴヤ\n"
TEXTS = [
    (FRENCH, ["cp1252", "mac-roman"]),
    ("nombre;ciudad\nJosé;Málaga\nÍñigo;Logroño\n", ["cp1252"]),
    ("José;Málaga\n", ["cp1252"]),
    ("name,price\nCafé,1\n", ["cp1252"]),
    ("a,b\nx,5 €\ny,“quoted” – 7 €\n", ["cp1252"]),
    ("Straße;Größe\nMüllerstraße;schön\nÄpfel;Öl\n", ["cp1252"]),
    ("navn,by\nBjørn,Tromsø\nÅse,Ålesund\n", ["cp1252"]),
    (POLISH, ["cp1250", "iso8859-2"]),
    (CZECH, ["cp1250", "iso8859-2"]),
    ("név;város\nErzsébet;Győr\nGyörgy;Székesfehérvár\n", ["cp1250"]),
    ("isim;şehir\nAyşe;İstanbul\nÇağrı;Muğla\nGülşah;Iğdır\n", ["cp1254"]),
    ("vardas;miestas\nŽygimantas;Šiauliai\nĄžuolas;Panevėžys\n", ["cp1257"]),
    (RUSSIAN, ["cp1251", "koi8-r", "cp866", "iso8859-5"]),
    ("ім'я;місто\nЇжак;Київ\nЄвген;Львів\n", ["cp1251"]),
    (GREEK, ["cp1253", "iso8859-7"]),
    ("שם;עיר\nדוד;ירושלים\nשרה;תל אביב\n", ["cp1255"]),
    ("اسم;مدينة\nمحمد;القاهرة\nفاطمة;الرياض\n", ["cp1256"]),
    (JAPANESE, ["cp932", "euc_jp", "iso2022_jp"]),
    ("姓名;城市\n王伟;北京\n李娜;上海\n", ["gb18030"]),
    ("姓名;城市\n陳怡君;臺北\n林志明;高雄\n", ["big5"]),
    ("이름;도시\n김철수;서울\n이영희;부산\n", ["cp949"]),
    ("ชื่อ;เมือง\nสมชาย;กรุงเทพ\n", ["cp874"]),
]


def test_the_encoding_of_short_files_is_told() -> None:
    for text, encodings in TEXTS:
        for encoding in encodings:
            for data in [text.encode(encoding), ("a,b\n" * 5000 + text * 20).encode(encoding)]:
                decoder = Decoder(data)
                found = decoder.decode(data, last=True).decode()
                assert found == data.decode(encoding), (text, encoding, decoder.encoding)


def test_an_encoding_is_told_where_text_begins_late_in_a_file() -> None:
    head = b"a,b\n" * 300_000
    for text, encodings in TEXTS[:15]:
        decoder = Decoder(head)
        decoder.decode(head)
        data = text.encode(encodings[0])
        assert decoder.decode(data).decode() + decoder.decode(b"", last=True).decode() == text


def test_text_that_begins_as_utf_8_goes_on_as_utf_8() -> None:
    assert not guess.is_escaped(FRENCH.encode())
    decoder = Decoder(FRENCH.encode())
    decoder.decode(FRENCH.encode(), last=True)
    assert decoder.encoding == "utf-8"


def test_every_label_of_the_standard_is_known_and_what_is_shown_is_one() -> None:
    unreadable = {"replacement", "x-user-defined"}
    for label, encoding in webencodings.labels.LABELS.items():
        codec = charsets.codec(f" {label.upper()} ")
        if encoding in unreadable:
            assert codec is None
        else:
            assert codec is not None
            assert "a".encode(codec) == "a".encode(codec.removesuffix("-sig"))
            assert charsets.codec(charsets.name(codec)) in (codec, codec.removesuffix("-le").removesuffix("-be"))
    assert len(webencodings.labels.LABELS) > 220


def test_a_name_that_is_no_encoding_is_unknown() -> None:
    for label in ["", "klingon", "rot13", "base64", "idna", "unicode_escape", "utf-7", "zip", "undefined"]:
        assert charsets.codec(label) is None

"""Names of streets and wards as Huế has them, and how a name becomes an id."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

AVENUES = (
    "Lê Lợi", "Hùng Vương", "Trần Hưng Đạo", "Lê Duẩn", "Nguyễn Huệ", "Bà Triệu", "Điện Biên Phủ", "Phạm Văn Đồng",
    "Tố Hữu", "Võ Nguyên Giáp", "An Dương Vương", "Nguyễn Tất Thành", "Đinh Tiên Hoàng", "Nguyễn Trãi", "Kim Long",
    "Bùi Thị Xuân", "Nguyễn Sinh Cung", "Trường Chinh", "Hoàng Quốc Việt", "Tăng Bạt Hổ", "Lý Thái Tổ", "Chi Lăng",
    "Huỳnh Thúc Kháng", "Minh Mạng", "Lê Ngọc Hân", "Thích Tịnh Khiết", "Ngự Bình", "Hoàng Lanh",
    "Nguyễn Chí Thanh", "Tôn Đức Thắng",
)  # fmt: skip
STREETS = (
    "Trần Phú", "Nguyễn Công Trứ", "Đống Đa", "Phan Chu Trinh", "Phan Đình Phùng", "Hà Nội", "Lý Thường Kiệt",
    "Ngô Quyền", "Trần Cao Vân", "Bến Nghé", "Hai Bà Trưng", "Nguyễn Thái Học", "Đội Cung", "Phạm Ngũ Lão",
    "Chu Văn An", "Võ Thị Sáu", "Nguyễn Tri Phương", "Trần Quang Khải", "Nguyễn Thị Minh Khai", "Lê Quý Đôn",
    "Dương Văn An", "Nguyễn Lộ Trạch", "Kiểm Huệ", "Ông Ích Khiêm", "Lê Thánh Tôn", "Đoàn Thị Điểm",
    "Đặng Thái Thân", "Hai Ba Tháng Tám", "Mai Thúc Loan", "Xuân 68", "Nguyễn Biểu", "Đặng Dung", "Ngô Đức Kế",
    "Hàn Thuyên", "Nhật Lệ", "La Sơn Phu Tử", "Thạch Hãn", "Trần Quý Cáp", "Yết Kiêu", "Triệu Quang Phục",
    "Lê Huân", "Tịnh Tâm", "Đào Duy Từ", "Phan Đăng Lưu", "Bạch Đằng", "Nguyễn Gia Thiều", "Nguyễn Du",
    "Hồ Xuân Hương", "Cao Bá Quát", "Nguyễn Phúc Nguyên", "Vạn Xuân", "Lý Nam Đế", "Nguyễn Hoàng", "Phạm Thị Liên",
    "Đặng Tất", "Tản Đà", "Nguyễn Văn Linh", "Thái Phiên", "Trần Văn Kỷ", "Lương Ngọc Quyến", "Phùng Hưng",
    "Tôn Thất Thiệp", "Nguyễn Thiện Thuật", "Đoàn Hữu Trưng", "Trần Khánh Dư", "Lê Đại Hành", "Phan Bội Châu",
    "Nguyễn Trường Tộ", "Phan Chánh", "Đào Duy Anh", "Nguyễn Khuyến", "Trần Thúc Nhẫn", "Nguyễn Hữu Thọ",
    "Lê Hồng Phong", "Đặng Văn Ngữ", "Hải Triều", "Phan Anh", "Hồ Đắc Di", "Duy Tân", "Ngự Viên",
    "Nguyễn Khoa Chiêm", "Võ Văn Kiệt", "Tam Thai", "Xuân Diệu", "Huyền Trân Công Chúa", "Thanh Hải",
    "Sư Liễu Quán", "Lịch Đợi", "Đặng Huy Trứ", "Trần Thái Tông", "Nguyễn Khánh Toàn", "Phùng Khắc Khoan",
    "Nguyễn Minh Vỹ", "Tùng Thiện Vương", "Lâm Hoằng", "Hàn Mặc Tử", "Phạm Hồng Thái", "Nguyễn Văn Cừ",
    "Trương Định", "Nguyễn Sinh Sắc", "Tuy Lý Vương", "Thuận Hóa", "Lưu Hữu Phước", "Nguyễn Đình Chiểu",
    "Lê Viết Lượng", "Đỗ Quang", "Vũ Ngọc Phan", "Phan Bá Vành", "Thân Nhân Trung", "Trần Anh Liên", "Hồng Chương",
)  # fmt: skip
WARDS = (
    "Phú Hội", "Thuận Hòa", "Vĩnh Ninh", "Đông Ba", "Phú Nhuận", "Tây Lộc", "Xuân Phú", "Thuận Lộc", "An Cựu",
    "Gia Hội", "Vỹ Dạ", "Kim Long", "Phước Vĩnh", "Phú Hậu", "Trường An", "An Hòa", "An Đông", "Hương Sơ",
    "Phường Đúc", "Hương Vinh", "An Tây", "Hương Long", "Thủy Xuân", "Hương An", "Thủy Biều", "Hương Hồ",
    "Thủy Vân", "Phú Dương", "Thủy Thanh", "Phú Mậu", "Thủy Bằng", "Phú Thượng", "Thủy Dương", "Thuận An",
    "Thủy Phương", "Hải Dương", "Thủy Châu", "Hương Phong", "Phú Bài", "Hương Thọ",
)  # fmt: skip


def slug(name: str) -> str:
    """`name` as an id: `Lê Lợi` becomes `le-loi`."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:63].strip("-") or "city"


def avenue_names() -> Iterator[str]:
    """Names for wide streets, without end."""
    yield from AVENUES
    number = 1
    while True:
        yield f"Đại lộ {number}"
        number += 1


def street_names() -> Iterator[str]:
    """Names for streets, without end: when they run out, the numbered lanes (kiệt) of those streets."""
    yield from STREETS
    number = 7
    while True:
        for street in STREETS:
            yield f"Kiệt {number} {street}"
        number += 12


def ward_names() -> Iterator[str]:
    """Names for wards, without end."""
    yield from (f"Phường {name}" for name in WARDS)
    number = 1
    while True:
        yield f"Phường Mới {number}"
        number += 1
